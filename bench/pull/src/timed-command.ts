import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Costs } from "./contender.ts";

export interface CommandPlace {
  /** Where it runs. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** Runs a command once, with all its children, as GNU `time` sees it. Fails where it ends with anything but 0. */
export async function runTimed(command: readonly string[], { directory, signal }: CommandPlace): Promise<Costs> {
  signal.throwIfAborted();
  const told = join(directory, "time");
  const began = performance.now();
  const child = spawn("time", ["--quiet", "-f", "%U %S %M", "-o", told, ...command], {
    cwd: directory,
    stdio: ["ignore", "ignore", "pipe"],
    detached: true, // so that all of it can be ended
  });
  const end = (): boolean => child.pid !== undefined && process.kill(-child.pid);
  signal.addEventListener("abort", end, { once: true });
  try {
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
    const seconds = (performance.now() - began) / 1000;
    signal.throwIfAborted();
    if (code !== 0) throw new Error(`Cannot run ${command[0]}: it ended with ${String(code)}: ${said}`);
    const [user = 0, system = 0, kibibytes = 0] = (await readFile(told, "utf8")).split(" ").map(Number);
    return { seconds, processor: { user, system }, peakMebibytes: kibibytes / 1024 };
  } finally {
    signal.removeEventListener("abort", end);
  }
}
