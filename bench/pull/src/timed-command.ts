import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Costs } from "./contender.ts";
import { type GroupOptions, startGroup } from "./process-group.ts";

/** Runs a command once, with all its children, as GNU `time` sees it. Fails where it ends with anything but 0. */
export async function runTimed(command: readonly string[], options: GroupOptions): Promise<Costs> {
  const told = join(options.directory, "time");
  const began = performance.now();
  const { stdout, ended } = startGroup(["time", "--quiet", "-f", "%U %S %M", "-o", told, ...command], options);
  stdout.resume();
  await ended;
  const seconds = (performance.now() - began) / 1000;
  const [user = 0, system = 0, kibibytes = 0] = (await readFile(told, "utf8")).split(" ").map(Number);
  return { seconds, processor: { user, system }, peakMebibytes: kibibytes / 1024 };
}
