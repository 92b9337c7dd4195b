import { StowageError } from "@stowage/errors";
import { parseReference } from "@stowage/reference";
import { expect, test } from "vitest";
import { Broadcast } from "./broadcast.ts";
import { type ImageEvent, tellingPull } from "./image-event.ts";
import { recordOf } from "./image-record.test.fixture.ts";
import type { PullEvent, PullOptions } from "./pull-event.ts";

const image = { ...recordOf("a"), tags: [], digests: [], publishedAt: 1, pins: [], damage: [] };
const failure = new StowageError("unavailable", "Cannot pull: nobody answers");
const reference = parseReference("ghcr.io/team/app:v1");

test.for([
  { what: "succeeded", kind: "pull-succeeded", pull: async () => image },
  { what: "failed", kind: "pull-failed", pull: () => Promise.reject(failure) },
])("tells nothing more of a pull that has $what, to those who watch and to its caller", async ({ kind, pull }) => {
  const events = new Broadcast<ImageEvent>();
  const leaving = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const event of events.listen({ signal: leaving.signal })) seen.push(event.kind);
  })();
  const heard: PullEvent[] = [];
  let late: PullOptions["onProgress"];
  const work = (options: PullOptions): Promise<typeof image> => {
    late = options.onProgress;
    late?.({ kind: "committing" });
    return pull();
  };
  const pulling = tellingPull(events, { reference, onProgress: (event) => heard.push(event) }, work);
  await Promise.allSettled([pulling]);
  late?.({ kind: "committing" });
  await expect.poll(() => seen).toEqual(["pull-started", "pull-progress", kind]);
  expect(heard).toHaveLength(1);
  leaving.abort(new Error("enough"));
  await expect(watching).rejects.toThrow("enough");
});
