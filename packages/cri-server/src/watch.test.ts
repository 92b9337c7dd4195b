import { type Client, Code, createClient } from "@connectrpc/connect";
import { decodeImageEvent, StoreService } from "@stowage/cri-api";
import { StowageError } from "@stowage/errors";
import type { ImageEvent, ImageService as Images } from "@stowage/image-service";
import { expect, test } from "vitest";
import { serve } from "./serve.test.fixture.ts";

const failed: ImageEvent = {
  kind: "pull-failed",
  pull: "p",
  reference: "docker.io/library/a:1",
  why: "Cannot pull: no",
};

/** Images of which `events` is told, and what became of those who listen. */
function telling(events: readonly ImageEvent[], end?: Error) {
  const listeners: string[] = [];
  const watch: Images["watch"] = async function* ({ signal } = {}) {
    const place = listeners.push("listens") - 1;
    const left = new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    left.catch(() => undefined);
    try {
      yield* events;
      if (end !== undefined) throw end;
      await left;
    } finally {
      listeners[place] = "left";
    }
  };
  return { watch, listeners };
}

async function open(watch: Images["watch"], signal?: AbortSignal) {
  const client: Client<typeof StoreService> = createClient(StoreService, await serve({ watch }));
  return client.watch({}, signal === undefined ? {} : { signal })[Symbol.asyncIterator]();
}

test("says first that it listens, then what happens", async () => {
  const { watch, listeners } = telling([failed]);
  const leaving = new AbortController();
  const events = await open(watch, leaving.signal);
  expect((await events.next()).value?.event.case).toBeUndefined();
  expect(listeners).toEqual(["listens"]);
  const { value } = await events.next();
  expect(value && decodeImageEvent(value)).toEqual(failed);
  leaving.abort();
  await expect(events.next()).rejects.toMatchObject({ code: Code.Canceled });
  await expect.poll(() => listeners).toEqual(["left"]);
});

test("who is too slow is told so", async () => {
  const { watch } = telling([failed], new StowageError("resource-exhausted", "Cannot tell of more events: 3 wait"));
  const events = await open(watch);
  const rest = async () => {
    while (!(await events.next()).done);
  };
  await expect(rest()).rejects.toMatchObject({ code: Code.ResourceExhausted });
});
