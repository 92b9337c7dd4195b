import { setTimeout } from "node:timers/promises";
import { type DaemonCommand, type ImageDaemon, median, quantile, startDaemon } from "@stowage/bench-lap";
import { inParallel } from "./in-parallel.ts";

/** What was measured of one daemon. */
export interface Figures {
  readonly pullsPerSecond: number;
  /** Of `ListImages`. */
  readonly listMilliseconds: number;
  readonly slowListMilliseconds: number;
  /** From the start of the process to the first answer. */
  readonly startMilliseconds: number;
  /** With the images, less what it has without. */
  readonly memoryMebibytes: number;
  /** Of all images. */
  readonly removalSeconds: number;
}

/** Takes a daemon with an empty store through the life of the images: pulled, listed, there at the next start, removed. */
export async function measure(command: DaemonCommand, images: readonly string[]): Promise<Figures> {
  const empty = await residentAtRest(command);
  const { pullsPerSecond, ...lists } = await measurePulls(command, images);
  const starts: number[] = [];
  for (let start = 0; start < startCount; start += 1) {
    await using daemon = await startDaemon(command);
    starts.push(daemon.startSeconds * 1000);
  }
  const full = await residentAtRest(command);
  return {
    pullsPerSecond,
    ...lists,
    startMilliseconds: median(starts),
    memoryMebibytes: full - empty,
    removalSeconds: await measureRemovals(command, images),
  };
}

export async function measurePulls(
  command: DaemonCommand,
  images: readonly string[],
): Promise<Pick<Figures, "pullsPerSecond" | "listMilliseconds" | "slowListMilliseconds">> {
  await using daemon = await startDaemon(command);
  const seconds = await secondsOf(() => inParallel(images, width, (image) => daemon.pull(image)));
  const lists = await listMilliseconds(daemon);
  await expectImages(daemon, images.length);
  return {
    pullsPerSecond: images.length / seconds,
    listMilliseconds: median(lists),
    slowListMilliseconds: quantile(lists, 0.95),
  };
}

async function listMilliseconds(daemon: ImageDaemon): Promise<readonly number[]> {
  const laps: number[] = [];
  for (let call = 0; call < listCount; call += 1) laps.push((await secondsOf(() => daemon.list())) * 1000);
  return laps;
}

async function expectImages(daemon: ImageDaemon, count: number): Promise<void> {
  const listed = await daemon.count();
  if (listed !== count) throw new Error(`${listed} images are listed, not ${count}`);
}

async function measureRemovals(command: DaemonCommand, images: readonly string[]): Promise<number> {
  await using daemon = await startDaemon(command);
  const seconds = await secondsOf(() => inParallel(images, width, (image) => daemon.remove(image)));
  await expectImages(daemon, 0);
  return seconds;
}

/** Of a daemon that has just started and answered a few calls. */
async function residentAtRest(command: DaemonCommand): Promise<number> {
  await using daemon = await startDaemon(command);
  for (let call = 0; call < settlingCalls; call += 1) await daemon.list();
  await setTimeout(settlingMilliseconds);
  return await daemon.residentMebibytes();
}

async function secondsOf(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return (performance.now() - began) / 1000;
}

/** As many calls at once as a kubelet makes with `maxParallelImagePulls` set. */
const width = 4;
const listCount = 200;
const startCount = 10;
const settlingCalls = 5;
const settlingMilliseconds = 2_000;
