import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type DockerRegistry, makeScratch } from "@stowage/bench-lap";
import type { Contender, Costs, ReadyContender } from "./contender.ts";
import type { PushedImage } from "./images/push-image.ts";
import { type ListTimes, timeListsDuring } from "./list-times.ts";
import { type ProcessorTime, processorTimeOf } from "./processor-time.ts";

export interface Lap {
  readonly contender: string;
  readonly run: number;
  readonly costs: Costs;
  /** What the registry used meanwhile, which no contender pays for. */
  readonly registry: ProcessorTime;
  /** How it answered `ListImages` during such a pull, for who serves it. */
  readonly lists?: ListTimes;
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
      const lap = { contender: contender.name, run, ...(await runLap({ track, contender, signal })) };
      laps.push(lap);
      onLap(lap);
    }
  }
  return laps;
}

/** A pull that is measured, and then another one to time lists during it: answering them costs too much for one pull to do both. */
async function runLap(lane: Lane): Promise<Omit<Lap, "contender" | "run">> {
  const { isAsked, ...figures } = await onFreshDisk(lane, async ({ pull, listAddress }) => {
    const { result: costs, time: registry } = await processorTimeOf(lane.track.registry.pid, pull);
    return { costs, registry, isAsked: listAddress !== undefined };
  });
  if (!isAsked) return figures;
  const lists = await onFreshDisk(lane, ({ pull, listAddress = "" }) => timeListsDuring(listAddress, pull));
  return { ...figures, lists };
}

interface Lane {
  readonly track: Track;
  readonly contender: Contender;
  readonly signal: AbortSignal;
}

async function onFreshDisk<Result>(
  { track: { registry, image }, contender, signal }: Lane,
  run: (contender: ReadyContender) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  await using stack = new AsyncDisposableStack();
  const { directory } = stack.use(await makeScratch(diskBytes));
  const ready = await contender.prepare({ directory, host: registry.host, image, stack, signal });
  await promisify(execFile)("sync"); // nobody writes what an earlier one left
  return await run(ready);
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
