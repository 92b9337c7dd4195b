import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import type { PullEvent } from "@stowage/image-service";
import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { LatestEvents } from "./latest-events.ts";
import { progressKey } from "./progress-key.ts";

const manifest = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: digestOf("manifest"), size: 1 };
const resolved: PullEvent = { kind: "resolved", manifest, layers: [] };
const committing: PullEvent = { kind: "committing" };

function fetching(name: string, bytes: number): PullEvent {
  return { kind: "layer", digest: digestOf(name), phase: "fetching", bytes, size: 100 };
}

test("gives a reader who keeps up every event, and ends", async () => {
  const events = new LatestEvents(progressKey);
  const all = [resolved, fetching("one", 1), fetching("one", 2), fetching("two", 1), committing];
  const read = Array.fromAsync(events);
  for (const event of all) {
    events.push(event);
    await turnOfTheLoop();
  }
  events.end();
  expect(await read).toEqual(all);
});

test("gives a reader who is slow the latest of each layer, first things first", async () => {
  const events = new LatestEvents(progressKey);
  events.push(resolved);
  for (let bytes = 0; bytes <= 100; bytes += 1) {
    for (const name of ["one", "two"]) events.push(fetching(name, bytes));
  }
  events.push(committing);
  events.end();
  expect(await Array.fromAsync(events)).toEqual([resolved, fetching("one", 100), fetching("two", 100), committing]);
});

test("gives what came while the reader was at an event after those that were there before", async () => {
  const events = new LatestEvents(progressKey);
  const reader = events[Symbol.asyncIterator]();
  for (const name of ["one", "two"]) events.push(fetching(name, 1));
  expect((await reader.next()).value).toEqual(fetching("one", 1));
  events.push(fetching("one", 2));
  events.push(fetching("one", 3));
  events.end();
  expect(await Array.fromAsync(reader)).toEqual([fetching("two", 1), fetching("one", 3)]);
});

test("wakes a reader who waits when an event comes, and when the end does", async () => {
  const events = new LatestEvents(progressKey);
  const reader = events[Symbol.asyncIterator]();
  const first = reader.next();
  await turnOfTheLoop();
  events.push(committing);
  expect(await first).toEqual({ value: committing, done: false });
  const second = reader.next();
  await turnOfTheLoop();
  events.end();
  expect(await second).toEqual({ value: undefined, done: true });
});

test("ends at once where nothing happened", async () => {
  const events = new LatestEvents(progressKey);
  events.end();
  expect(await Array.fromAsync(events)).toEqual([]);
});
