import { setTimeout } from "node:timers/promises";
import type { ImageEvent, LayerPhase } from "@stowage/image-service";
import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { pacedEvents } from "./paced-events.ts";

const reference = "docker.io/library/a:1";
const started = (pull: string): ImageEvent => ({ kind: "pull-started", pull, reference });
const ended = (pull: string): ImageEvent => ({ kind: "pull-failed", pull, reference, why: "Cannot pull: no" });

type Told = readonly [pull: string, name: string, phase: LayerPhase, bytes?: number];

function layer(...[pull, name, phase, bytes = 0]: Told): ImageEvent {
  const event = { kind: "layer", digest: digestOf(name), phase, bytes, size: 9 } as const;
  return { kind: "pull-progress", pull, reference, event };
}

async function* told(events: readonly ImageEvent[]): AsyncGenerator<ImageEvent> {
  yield* events;
}

test("leaves out progress of a layer that comes at once after the last, and no change of what it is at, nor the last before that", async () => {
  const events = [
    started("p"),
    layer("p", "a", "waiting"),
    layer("p", "a", "fetching", 1),
    layer("p", "a", "fetching", 2),
    layer("p", "b", "fetching", 1),
    layer("p", "a", "fetching", 3),
    layer("p", "a", "done", 9),
    started("q"),
    layer("q", "a", "fetching", 1),
    ended("p"),
    ended("q"),
  ];
  expect(await Array.fromAsync(pacedEvents(told(events)))).toEqual(events.filter((_event, at) => at !== 3));
});

test("tells of progress again after a while, and leaves out nothing else", async () => {
  const events = async function* () {
    yield* [started("p"), layer("p", "a", "fetching", 1)];
    await setTimeout(150);
    yield* [layer("p", "a", "fetching", 2), ended("p"), ended("p")];
  };
  expect(await Array.fromAsync(pacedEvents(events()))).toHaveLength(5);
});
