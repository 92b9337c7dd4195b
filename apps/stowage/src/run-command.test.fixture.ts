import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** As it is packed; `pack-command.test.setup.ts` has made it. */
export const main: string = new URL("../bundle/main.js", import.meta.url).pathname;

/** Who runs the command, and in which environment; as the test itself, where nothing is said. */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Starts the command as a user does: a process of its own. */
export function startCommand(
  args: readonly string[],
  user: User = {},
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(process.execPath, [main, ...args], { stdio: ["pipe", "pipe", "pipe"], ...user });
}

/** Runs the command to its end, with `input` on its standard input. */
export async function runCommand(
  args: readonly string[],
  { input = "", ...user }: User & { readonly input?: string } = {},
): Promise<Ended> {
  const child = startCommand(args, user);
  child.stdin.on("error", () => undefined).end(input); // it need not read it
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
  return [process.execPath, main, ...args].map((word) => `'${word}'`).join(" ");
}
