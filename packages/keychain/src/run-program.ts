import { type ChildProcess, spawn } from "node:child_process";
import { isErrno } from "@stowage/errors";
import { within } from "@stowage/shared-work";
import type { Environment } from "./auth-file-places.ts";

/** How a program is run. */
export interface ProgramRun {
  readonly args: readonly string[];
  /** All that it gets of the environment; it is looked for in this `PATH`. */
  readonly env: Environment;
  readonly input: string;
  readonly maxOutputBytes: number;
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** How it went. No kind but `exited` has anything that the program printed. */
export type ProgramEnd =
  | { readonly kind: "exited"; readonly code: number; readonly output: Buffer }
  | { readonly kind: "killed"; readonly signal: string }
  | { readonly kind: "not-started"; readonly cause: Error }
  | { readonly kind: "too-slow" }
  | { readonly kind: "too-much" };

/**
 * Runs a program, without a shell, in a process group of its own, which does not outlive the call. What it prints to
 * stderr is dropped. Fails with the signal's reason alone.
 */
export async function runProgram(name: string, run: ProgramRun): Promise<ProgramEnd> {
  run.signal?.throwIfAborted();
  const child = spawn(name, run.args, { env: run.env, detached: true, stdio: ["pipe", "pipe", "ignore"] });
  const end = Promise.withResolvers<ProgramEnd>();
  const timer = setTimeout(() => end.resolve({ kind: "too-slow" }), run.timeoutMilliseconds);
  const output: Buffer[] = [];
  let left = run.maxOutputBytes;
  child.stdout.on("data", (chunk: Buffer) => {
    left -= chunk.byteLength;
    output.push(chunk);
    if (left < 0) end.resolve({ kind: "too-much" });
  });
  child.on("error", (cause) => end.resolve({ kind: "not-started", cause }));
  child.on("exit", () => killGroup(child)); // what it left behind would keep its output open
  child.on("close", (code, signal) => end.resolve(endOf(code, signal, output)));
  child.stdin.on("error", () => undefined); // it need not read what it is asked
  child.stdin.end(run.input);
  try {
    return await within(end.promise, run.signal);
  } finally {
    clearTimeout(timer);
    if (child.exitCode === null && child.signalCode === null) killGroup(child);
    child.stdout.destroy();
  }
}

function endOf(code: number | null, signal: string | null, output: readonly Buffer[]): ProgramEnd {
  return code === null
    ? { kind: "killed", signal: signal ?? "a signal" }
    : { kind: "exited", code, output: Buffer.concat(output) };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!isErrno(error, "ESRCH", "EPERM")) throw error; // nobody is left of it, or nobody that we may end
  }
}
