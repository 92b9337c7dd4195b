import { expect, test } from "vitest";
import { UnderWay } from "./under-way.ts";

test("the end stops what is under way and waits for it", async () => {
  const underWay = new UnderWay();
  const told: string[] = [];
  const stopped = Promise.withResolvers<void>();
  const going = underWay.run(undefined, async (signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    told.push("stopping");
    await stopped.promise;
    told.push("stopped");
    throw signal.reason;
  });
  const failed = expect(going).rejects.toMatchObject({ code: "unavailable" });
  const ended = underWay[Symbol.asyncDispose]().then(() => told.push("ended"));
  await Promise.resolve();
  stopped.resolve();
  await ended;
  await failed;
  expect(told).toEqual(["stopping", "stopped", "ended"]);
});

test("a caller's own signal stops its own work alone, with its reason", async () => {
  const underWay = new UnderWay();
  const reason = new Error("enough");
  const caller = new AbortController();
  const work = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const mine = underWay.run(caller.signal, work);
  const other = underWay.run(undefined, async (signal) => signal);
  caller.abort(reason);
  await expect(mine).rejects.toBe(reason);
  expect((await other).aborted).toBe(false);
});

test("begins nothing for a caller who has left, and nothing after the end", async () => {
  const underWay = new UnderWay();
  const unwanted = async (): Promise<never> => {
    throw new Error("this work was not to be begun");
  };
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(underWay.run(signal, unwanted)).rejects.toBe(signal.reason);
  await underWay[Symbol.asyncDispose]();
  await expect(underWay.run(undefined, unwanted)).rejects.toMatchObject({ code: "unavailable" });
});
