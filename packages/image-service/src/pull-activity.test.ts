import { digestOf, mediaTypes } from "@stowage/oci";
import { expect, test } from "vitest";
import { PullActivity } from "./pull-activity.ts";
import type { LayerPhase, PullEvent } from "./pull-event.ts";

const manifest = { mediaType: mediaTypes.ociManifest, digest: digestOf("manifest"), size: 8 };
const resolved: PullEvent = { kind: "resolved", manifest, layers: [] };
const [a, b] = [digestOf("a"), digestOf("b")];
const layer = (digest: typeof a, phase: LayerPhase, bytes = 0): PullEvent => {
  return { kind: "layer", digest, phase, bytes, size: 30 };
};

test.for<{ what: string; events: readonly PullEvent[]; is: string; isWaiting?: boolean }>([
  { what: "nothing", events: [], is: "finding out what it is" },
  { what: "what it is", events: [resolved], is: "looking for what of it is here" },
  {
    what: "only turns",
    events: [resolved, layer(a, "waiting")],
    is: "looking for what of it is here",
    isWaiting: true,
  },
  {
    what: "a turn, and a layer that comes",
    events: [resolved, layer(a, "waiting"), layer(b, "waiting"), layer(b, "fetching", 7)],
    is: `fetching ${b}, of which 7 of 30 bytes are in`,
  },
  {
    what: "a turn, and layers that have come",
    events: [resolved, layer(a, "waiting"), layer(b, "done", 30)],
    is: "looking for what of it is here",
    isWaiting: true,
  },
  { what: "a layer that is here", events: [resolved, layer(a, "present", 30)], is: "looking for what of it is here" },
  { what: "a layer that is unpacked", events: [resolved, layer(a, "unpacking", 30)], is: `unpacking ${a}` },
  { what: "all of it", events: [resolved, layer(a, "done", 30), { kind: "committing" }], is: "making it durable" },
])("after $what, says what it is at", ({ events, is, isWaiting = false }) => {
  const activity = new PullActivity();
  for (const event of events) activity.note(event);
  expect(activity).toMatchObject({ isWaiting });
  expect(activity.describe()).toBe(is);
});

test("says whom it waits for, and takes an answer, but no question and no silence, for progress", () => {
  const activity = new PullActivity();
  expect(activity.noteRegistry({ kind: "asked", host: "registry.example" })).toBe(false);
  expect(activity.describe()).toBe("waiting for an answer from registry.example");
  expect(activity.noteRegistry({ kind: "failed", host: "registry.example", reason: "it is silent" })).toBe(false);
  expect(activity.noteRegistry({ kind: "answered", host: "registry.example" })).toBe(true);
  expect(activity.describe()).toBe("finding out what it is");
});
