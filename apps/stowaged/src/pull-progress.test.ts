import type { LayerPhase } from "@stowage/image-service";
import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { PullProgress } from "./pull-progress.ts";

type Told = readonly [name: string, phase: LayerPhase, bytes: number, size: number];

function progressOf(...layers: readonly Told[]) {
  const progress = new PullProgress(1000);
  const tell = (...[name, phase, bytes, size]: Told): void =>
    progress.note({ kind: "layer", digest: digestOf(name), phase, bytes, size });
  for (const layer of layers) tell(...layer);
  return { progress, tell };
}

test("tells bytes, rate and what is left, of the layers that are not here", () => {
  const { progress } = progressOf(["a", "fetching", 200, 1000], ["b", "waiting", 0, 400], ["c", "present", 0, 5000]);
  expect(progress.report(3000)).toEqual({
    bytes: 200,
    size: 1400,
    bytesPerSecond: 100,
    secondsLeft: 12,
    layers: { fetching: 1, waiting: 1, present: 1 },
  });
});

test("the rate is that since the last report, and where nothing comes, nobody knows how long it takes", () => {
  const { progress, tell } = progressOf(["a", "fetching", 500, 1000]);
  progress.report(2000);
  tell("a", "fetching", 550, 1000);
  expect(progress.report(3000)).toMatchObject({ bytesPerSecond: 50, secondsLeft: 9 });
  expect(progress.report(4000)).toEqual({ bytes: 550, size: 1000, bytesPerSecond: 0, layers: { fetching: 1 } });
});

test("what is unpacked or done is here, whatever of it was read", () => {
  const { progress, tell } = progressOf(["a", "unpacking", 10, 1000], ["b", "done", 0, 500]);
  expect(progress.bytes).toBe(1500);
  tell("a", "fetching", 0, 1000); // it is fetched anew
  expect(progress.report(2000)).toMatchObject({ bytes: 500 });
  expect(progress.report(3000).bytesPerSecond).toBe(0);
});
