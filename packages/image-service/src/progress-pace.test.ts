import { digestOf, mediaTypes } from "@stowage/oci";
import { expect, test } from "vitest";
import { pacedProgress } from "./progress-pace.ts";
import type { LayerPhase, PullEvent } from "./pull-event.ts";

const hour = 3_600_000;

function layer(name: string, phase: LayerPhase, bytes: number): PullEvent {
  return { kind: "layer", digest: digestOf(name), phase, bytes, size: 9 };
}

function toldOf(events: readonly PullEvent[], progressMilliseconds?: number): readonly PullEvent[] {
  const told: PullEvent[] = [];
  using progress = pacedProgress({ onProgress: (event) => void told.push(event), progressMilliseconds });
  for (const event of events) progress.tell(event);
  return told;
}

const manifest = { mediaType: mediaTypes.ociManifest, digest: digestOf("manifest"), size: 8 };
const events: readonly PullEvent[] = [
  { kind: "resolved", manifest, layers: [] },
  layer("a", "fetching", 1),
  layer("a", "fetching", 2), // not the last of its phase
  layer("b", "fetching", 1),
  layer("a", "fetching", 3),
  layer("a", "unpacking", 3),
  layer("a", "unpacking", 4), // nor this
  layer("a", "unpacking", 5),
  { kind: "committing" },
];

test("tells of bytes no more often than is wanted, and the last of each phase always, each layer on its own", () => {
  expect(toldOf(events, hour)).toEqual(events.filter((_event, at) => at !== 2 && at !== 6));
});

test("tells the rest at the end, once", () => {
  const failing = [layer("a", "fetching", 1), layer("a", "fetching", 2)];
  const told: PullEvent[] = [];
  const progress = pacedProgress({ onProgress: (event) => void told.push(event), progressMilliseconds: hour });
  for (const event of failing) progress.tell(event);
  expect(told).toEqual([failing[0]]);
  progress[Symbol.dispose]();
  progress[Symbol.dispose]();
  expect(told).toEqual(failing);
});

test("tells everything where nothing is said", () => {
  expect(toldOf(events)).toEqual(events);
});
