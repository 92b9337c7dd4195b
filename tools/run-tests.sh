#!/usr/bin/env bash
# Runs the tests of every package: those of the proofs from the beginning, since they take the longest, the others beside them.
set -uo pipefail
cd "$(dirname "$0")/.."
export TURBO_TELEMETRY_DISABLED=1 NODE_COMPILE_CACHE="$PWD/node_modules/.cache/compile"

run() {
  npx --yes --prefer-offline pnpm@12.21.0 exec turbo run test --continue=always "$@"
}

run --filter=@stowage/proof &
proofs=$!
run --filter='!@stowage/proof' --concurrency=100%
others=$?
wait "$proofs" && exit "$others"
