import { once } from "node:events";
import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import type { AbortOptions } from "@stowage/errors";
import { StowageError } from "@stowage/errors";
import type { Usage, WritableInfo } from "@stowage/snapshots";
import { expect, test } from "vitest";
import { WritableUsage } from "./writable-usage.ts";

/** Writable snapshots each of whose walks ends when it is told to, and a clock that goes when it is told to. */
function scene() {
  const walks: (PromiseWithResolvers<number> & { readonly signal: AbortSignal | undefined })[] = [];
  const clock = { milliseconds: 0 };
  const writable = {
    async *list(): AsyncGenerator<WritableInfo> {
      for (const key of ["a", "gone"]) yield { key, chain: [], volatile: false };
    },
    async usage(key: string, { signal }: AbortOptions = {}): Promise<Usage> {
      if (key === "gone") throw new StowageError("not-found", `Cannot measure writable snapshot "${key}"`);
      const walk = { ...Promise.withResolvers<number>(), signal };
      walks.push(walk);
      return { bytes: await walk.promise, inodes: 1 };
    },
  };
  return { walks, clock, usage: new WritableUsage(writable, () => clock.milliseconds) };
}

test("one walk goes on at a time, and who asks meanwhile is told the last measure", async () => {
  const { walks, clock, usage } = scene();
  const first = [usage.get(), usage.get()];
  await expect.poll(() => walks.length).toBe(1);
  clock.milliseconds += 31_000;
  first.push(usage.get());
  walks[0]?.resolve(10);
  const ten = { bytes: 10, inodes: 1 };
  expect(await Promise.all(first)).toEqual([ten, ten, ten]);
  clock.milliseconds += 29_000; // since the walk has ended
  expect(await usage.get()).toEqual(ten);
  expect(walks).toHaveLength(1);
  clock.milliseconds += 2000;
  for (let at = 0; at < 10; at += 1) {
    expect(await usage.get()).toEqual(ten);
    clock.milliseconds += 31_000;
  }
  await expect.poll(() => walks.length).toBe(2);
  walks[1]?.resolve(20);
  await expect.poll(() => usage.get()).toEqual({ bytes: 20, inodes: 1 });
  expect(walks).toHaveLength(2);
});

test("a walk that fails is told to who waits for it, and the next question waits for another", async () => {
  const { walks, clock, usage } = scene();
  const failure = new Error("the disk failed");
  const first = usage.get();
  await expect.poll(() => walks.length).toBe(1);
  walks[0]?.reject(failure);
  await expect(first).rejects.toBe(failure);
  const second = usage.get();
  await expect.poll(() => walks.length).toBe(2);
  walks[1]?.resolve(10);
  expect(await second).toMatchObject({ bytes: 10 });
  clock.milliseconds += 31_000;
  expect(await usage.get()).toMatchObject({ bytes: 10 });
  await expect.poll(() => walks.length).toBe(3);
  walks[2]?.reject(failure);
  await turnOfTheLoop();
  const last = usage.get();
  await expect.poll(() => walks.length).toBe(4);
  walks[3]?.resolve(20);
  expect(await last).toMatchObject({ bytes: 20 });
});

test("who leaves does not wait for the walk, which goes on for the others", async () => {
  const { walks, usage } = scene();
  const leaving = new AbortController();
  const reason = new Error("enough");
  const [one, two] = [usage.get({ signal: leaving.signal }), usage.get()];
  await expect.poll(() => walks.length).toBe(1);
  leaving.abort(reason);
  await expect(one).rejects.toBe(reason);
  walks[0]?.resolve(10);
  expect(await two).toMatchObject({ bytes: 10 });
});

test("its end stops the walk and waits for the end of that, and nobody can ask any more", async () => {
  const { walks, usage } = scene();
  const asking = usage.get();
  asking.catch(() => undefined); // looked at below
  await expect.poll(() => walks.length).toBe(1);
  const [walk] = walks;
  if (walk?.signal === undefined) throw new Error("a walk has a signal");
  const stopped = once(walk.signal, "abort");
  let hasEnded = false;
  const ending = usage[Symbol.asyncDispose]().then(() => void (hasEnded = true));
  await stopped;
  await Promise.resolve();
  expect(hasEnded).toBe(false);
  walk.reject(walk.signal.reason);
  await ending;
  await expect(asking).rejects.toMatchObject({ code: "unavailable" });
  await expect(usage.get()).rejects.toMatchObject({ code: "unavailable" });
});
