import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { checkRecording } from "./check-recording.ts";
import type { FileCall } from "./file-call.ts";
import { followedCalls, followLog } from "./follow-log.ts";
import { readTree } from "./read-tree.ts";
import { parseStraceLog } from "./strace-log.ts";
import type { Directory } from "./tree.ts";

export interface RecordOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The directory whose calls are recorded. It is there, and everything in it is taken to be durable. */
  readonly root: string;
  /** A file outside `root`; each line that the process writes to it becomes a mark. */
  readonly marks?: string;
  readonly signal?: AbortSignal;
}

/** What was below the root before, and what was done to it. */
export interface Recording {
  readonly before: Directory;
  readonly calls: readonly FileCall[];
}

/** More than any one write of the programs under test: what strace cuts short cannot be replayed. */
const longestString = 64 * 1024 * 1024;

/**
 * Runs a command under `strace` and returns what it and its children did below `root`. Fails with a plain `Error` that
 * has what it wrote to stderr where the command fails, and where the log does not account for the tree that is there: after
 * writes through a shared mapping, say, or by io_uring, which libuv is told not to use.
 */
export async function recordFileCalls(options: RecordOptions): Promise<Recording> {
  const root = await realpath(options.root);
  const before = readTree(root);
  const workingDirectory = await realpath(options.cwd ?? process.cwd());
  const log = await trace(options);
  const roots = [root, resolve(options.root)].map(latin1);
  const start = { roots, before, workingDirectory: latin1(workingDirectory), umask: process.umask() };
  const marks = options.marks === undefined ? undefined : latin1(await resolveFile(options.marks));
  const recording = { before, calls: followLog(parseStraceLog(log), { ...start, marks }) };
  checkRecording(recording, readTree(root));
  return recording;
}

async function trace({ command, args, cwd, env = process.env, signal }: RecordOptions): Promise<string> {
  signal?.throwIfAborted();
  const directory = await mkdtemp(join(tmpdir(), "crash-replay-"));
  try {
    const log = join(directory, "log");
    const child = spawn("strace", [...straceArguments(log), command, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...env, UV_USE_IO_URING: "0" },
      detached: true,
      ...(cwd === undefined ? {} : { cwd }),
    });
    const stop = () => killGroup(child);
    signal?.addEventListener("abort", stop);
    const [stderr, [status, killer]] = await Promise.all([text(child.stderr), once(child, "close")]);
    signal?.removeEventListener("abort", stop);
    signal?.throwIfAborted();
    if (status !== 0) throw new Error(`Cannot record "${command}": it ended with ${status ?? killer}\n${stderr}`);
    return await readFile(log, "latin1");
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** strace lets no signal end it before its program has ended; so both get it. */
function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, "SIGKILL");
}

/** Reads are logged raw, because only how far they went matters. Not every architecture has all of the calls: hence `?`. */
function straceArguments(log: string): readonly string[] {
  const selected = followedCalls.map((name) => `?${name}`);
  const filters = ["-e", `trace=${selected.join(",")}`, "-e", "raw=read,readv", "--signal=none", "--seccomp-bpf"];
  return ["-f", "-y", "-xx", "-s", `${longestString}`, ...filters, "-o", log, "--"];
}

/** The process may be the first to make the file. */
async function resolveFile(path: string): Promise<string> {
  return join(await realpath(dirname(path)), basename(path));
}

function latin1(path: string): string {
  return Buffer.from(path).toString("latin1");
}
