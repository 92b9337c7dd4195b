import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const main = new URL("./main.ts", import.meta.url).pathname;

/** Who runs the command, and in which environment; as the test itself, where nothing is said. */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the command as a user does: a process of its own, from source. */
export function startCommand(args: readonly string[], user: User = {}): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, ["--conditions=@stowage/source", main, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    ...user,
  });
}

/** Runs the command to its end. */
export async function runCommand(args: readonly string[], user?: User): Promise<Ended> {
  const child = startCommand(args, user);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: typeof code === "number" ? code : null, out, err };
}

/** A directory that goes with the test. */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "stowage-cli-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** The same as a line for a shell. */
export function commandLine(args: readonly string[]): string {
  return [process.execPath, "--conditions=@stowage/source", main, ...args].map((word) => `'${word}'`).join(" ");
}
