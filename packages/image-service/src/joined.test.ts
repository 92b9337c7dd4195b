import { once } from "node:events";
import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { expect, test } from "vitest";
import { joined } from "./joined.ts";

test("gives the results in the order of the items, whoever is ready first", async () => {
  const gates = new Map([1, 2, 3].map((item) => [item, Promise.withResolvers<string>()]));
  const results = joined([1, 2, 3], async (item) => `${item} ${await gates.get(item)?.promise}`, undefined);
  for (const item of [3, 1, 2]) gates.get(item)?.resolve("done");
  expect(await results).toEqual(["1 done", "2 done", "3 done"]);
  expect(await joined([], async () => "never", undefined)).toEqual([]);
});

test("stops the others at the first failure, waits for them, and throws that failure", async () => {
  const failure = new Error("the line was cut");
  const end = Promise.withResolvers<void>();
  const told: unknown[] = [];
  const work = async (item: string, signal: AbortSignal): Promise<void> => {
    if (item === "fails") throw failure;
    await once(signal, "abort");
    told.push(signal.reason);
    await end.promise;
    throw new Error(`${item} was stopped`);
  };
  const all = joined(["waits", "fails", "waits as well"], work, undefined).catch((error: unknown) => told.push(error));
  await turnOfTheLoop();
  expect(told).toEqual([failure, failure]);
  end.resolve();
  await all;
  expect(told).toEqual([failure, failure, failure]);
});

test("stops all with the reason of the signal from outside", async () => {
  const outer = new AbortController();
  const reason = new Error("enough");
  let stopped = 0;
  const work = async (_item: number, signal: AbortSignal): Promise<void> => {
    await once(signal, "abort");
    stopped += 1;
    throw signal.reason;
  };
  const all = joined([1, 2], work, outer.signal);
  outer.abort(reason);
  await expect(all).rejects.toBe(reason);
  expect(stopped).toBe(2);
});

test("leaves the signal from outside alone when an item fails", async () => {
  const outer = new AbortController();
  const failing = async (): Promise<void> => Promise.reject(new Error("the line was cut"));
  await expect(joined([1], failing, outer.signal)).rejects.toThrow("the line was cut");
  expect(outer.signal.aborted).toBe(false);
});
