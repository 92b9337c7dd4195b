#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { Terminal } from "./terminal.ts";

/** The first signal ends the work cleanly, the second at once. */
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort(new Error(`stopped by ${signal}`));
  });
}

// A reader who has seen enough, like `head`, is no reason to fail; whatever else there is, is told once.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE" || process.exitCode === 1) return;
  process.stderr.write(`stowage: Cannot print the answer: ${error.message}\n`);
  process.exitCode = 1;
});

// The work goes on where nobody reads what is told of it.
process.stderr.on("error", () => undefined);

// What is compiled is kept for the next start: in a place that is the user's own, since what is read from there runs.
enableCompileCache(join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "stowage"));
const { main } = await import("./command-line.ts");
const { stdout, stderr } = process;
const code = await main(process.argv.slice(2), new Terminal({ stdout, stderr, signal: interrupted.signal }));
if (code !== 0) process.exitCode = code;
