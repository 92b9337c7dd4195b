#!/usr/bin/env node
import { isErrno } from "@stowage/errors";
import { main } from "./command-line.ts";
import { Terminal } from "./terminal.ts";

/** The first signal ends the work cleanly, the second at once. */
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort(new Error(`stopped by ${signal}`));
  });
}

// A reader who has seen enough, like `head`, is no reason to fail.
process.stdout.on("error", (error) => {
  if (isErrno(error, "EPIPE")) return;
  process.stderr.write(`stowage: Cannot print the answer: ${error.message}\n`);
  process.exitCode = 1;
});
const { stdout, stderr } = process;
const code = await main(process.argv.slice(2), new Terminal({ stdout, stderr, signal: interrupted.signal }));
if (code !== 0) process.exitCode = code;
