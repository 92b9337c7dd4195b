import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { AbortOptions } from "@stowage/errors";

/** A command that runs, with all that it starts. */
export interface ProcessGroup {
  /** To be read, or resumed. */
  readonly stdout: Readable;
  /** When nobody writes to its outputs any more; fails with what it said where it ends with anything but 0. */
  readonly ended: Promise<void>;
}

export interface GroupOptions extends AbortOptions {
  /** Where it runs. */
  readonly directory: string;
}

/** Starts a command in a process group of its own, so that the signal ends its children too. */
export function startGroup(
  [program = "", ...args]: readonly string[],
  { directory, signal }: GroupOptions,
): ProcessGroup {
  signal?.throwIfAborted();
  const child = spawn(program, args, { cwd: directory, stdio: ["ignore", "pipe", "pipe"], env, detached: true });
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid);
  };
  signal?.addEventListener("abort", end, { once: true });
  const ended = Promise.all([once(child, "close"), text(child.stderr)])
    .then(([[code], said]) => {
      signal?.throwIfAborted();
      if (code !== 0) throw new Error(`Cannot run ${program}: it ended with ${String(code)}: ${said}`);
    })
    .finally(() => signal?.removeEventListener("abort", end));
  ended.catch(() => undefined); // told where it is awaited
  return { stdout: child.stdout, ended };
}

/** Some users have these directories on their path, and some of our programs are there. */
const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
