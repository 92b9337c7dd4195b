import { cpus, release, totalmem } from "node:os";
import type { PushedImage } from "./images/push-image.ts";
import type { Lap } from "./race.ts";
import { type Summary, summarise } from "./summary.ts";
import { type Target, targetsFor } from "./targets.ts";

/** What `--json` prints. */
export interface Result {
  readonly machine: Machine;
  readonly runs: number;
  readonly images: readonly ImageResult[];
}

export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryMebibytes: number;
  readonly kernel: string;
  readonly node: string;
}

export interface ImageResult {
  readonly image: string;
  readonly layers: number;
  /** Of all layers, compressed. */
  readonly bytes: number;
  readonly laps: readonly Lap[];
  readonly medians: readonly Summary[];
  readonly targets: readonly Target[];
}

export function resultOf({ name, layerUrls, bytes }: PushedImage, laps: readonly Lap[]): ImageResult {
  const medians = summarise(laps);
  return { image: name, layers: layerUrls.length, bytes, laps, medians, targets: targetsFor(name, medians) };
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? "",
    processors: processors.length,
    memoryMebibytes: Math.round(totalmem() / 1024 ** 2),
    kernel: release(),
    node: process.version,
  };
}
