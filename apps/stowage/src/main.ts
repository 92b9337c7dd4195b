#!/usr/bin/env node
import { isErrno } from "@stowage/errors";
import { main } from "./command-line.ts";

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)));
}

// A reader who has seen enough, like `head`, is no reason to fail.
process.stdout.on("error", (error) => {
  if (isErrno(error, "EPIPE")) return;
  process.stderr.write(`stowage: Cannot print the answer: ${error.message}\n`);
  process.exitCode = 1;
});
const code = await main(process.argv.slice(2), {
  print: (text) => void process.stdout.write(`${text}\n`),
  tell: (text) => void process.stderr.write(`${text}\n`),
  signal: interrupted.signal,
});
if (code !== 0) process.exitCode = code;
