import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type DockerRegistry, makeScratch } from "@stowage/bench-lap";
import type { Contender, Costs } from "./contender.ts";
import type { PushedImage } from "./images/push-image.ts";
import { type ProcessorTime, processorTimeOf } from "./processor-time.ts";

export interface Lap {
  readonly contender: string;
  readonly run: number;
  readonly costs: Costs;
  /** What the registry used meanwhile, which no contender pays for. */
  readonly registry: ProcessorTime;
}

export interface RaceOptions {
  readonly runs: number;
  readonly signal: AbortSignal;
  readonly onLap: (lap: Lap) => void;
}

export interface Track {
  readonly registry: DockerRegistry;
  readonly image: PushedImage;
}

/** All contenders in turn, so many times, each lap on a disk of its own. */
export async function race(
  track: Track,
  contenders: readonly Contender[],
  { runs, signal, onLap }: RaceOptions,
): Promise<readonly Lap[]> {
  await readThrough(track.image, signal);
  const laps: Lap[] = [];
  for (let run = 1; run <= runs; run += 1) {
    for (const contender of contenders) {
      const lap = { contender: contender.name, run, ...(await runLap(track, contender, signal)) };
      laps.push(lap);
      onLap(lap);
    }
  }
  return laps;
}

async function runLap(
  { registry, image }: Track,
  contender: Contender,
  signal: AbortSignal,
): Promise<Pick<Lap, "costs" | "registry">> {
  signal.throwIfAborted();
  await using stack = new AsyncDisposableStack();
  const { directory } = stack.use(await makeScratch(diskBytes));
  const pull = await contender.prepare({ directory, host: registry.host, image, stack, signal });
  await promisify(execFile)("sync"); // nobody writes what an earlier one left
  const { result: costs, time } = await processorTimeOf(registry.pid, pull);
  return { costs, registry: time };
}

/** Then the registry has its files in memory for all, the first as the last. */
async function readThrough({ layerUrls }: PushedImage, signal: AbortSignal): Promise<void> {
  for (const url of layerUrls) {
    const { ok, status, body } = await fetch(url, { signal });
    if (!ok || body === null) throw new Error(`Cannot read ${url}: ${status}`);
    for await (const _ of body) signal.throwIfAborted();
  }
}

/** Room for the largest image as it came, once more as its files, and for what is on the way. It is only taken as it is used. */
const diskBytes = 8 * 1024 ** 3;
