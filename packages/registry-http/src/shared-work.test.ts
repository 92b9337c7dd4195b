import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { expect, test } from "vitest";
import { SharedWork } from "./shared-work.ts";

/** Work whose end is in the test's hands. */
function startable() {
  const result = Promise.withResolvers<string>();
  const begun: AbortSignal[] = [];
  const begin = async (signal: AbortSignal) => {
    begun.push(signal);
    signal.addEventListener("abort", () => result.reject(signal.reason));
    return await result.promise;
  };
  return { begin, begun, result };
}

test("is done once for all who wait at the same time, and again for those who come later", async () => {
  const work = new SharedWork<string>();
  const { begin, begun, result } = startable();
  const waiting = [1, 2, 3].map(() => work.join("a", begin, undefined));
  result.resolve("done");
  expect(await Promise.all(waiting)).toEqual(["done", "done", "done"]);
  expect(begun).toHaveLength(1);
  await work.join("a", begin, undefined);
  expect(begun).toHaveLength(2);
});

test("under another key is other work", async () => {
  const work = new SharedWork<string>();
  const { begin, begun, result } = startable();
  result.resolve("done");
  await Promise.all([work.join("a", begin, undefined), work.join("b", begin, undefined)]);
  expect(begun).toHaveLength(2);
});

test("fails for all who wait for it, and is tried anew by those who come later", async () => {
  const work = new SharedWork<string>();
  const { begin, result } = startable();
  const waiting = [1, 2].map(() => work.join("a", begin, undefined));
  result.reject(new Error("it failed"));
  for (const outcome of await Promise.allSettled(waiting)) expect(outcome).toMatchObject({ status: "rejected" });
  expect(await work.join("a", async () => "done", undefined)).toBe("done");
});

test("goes on for the others when one leaves, and is stopped when the last does", async () => {
  const work = new SharedWork<string>();
  const { begin, begun } = startable();
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = [first, second].map(({ signal }) => work.join("a", begin, signal));
  first.abort(new Error("I am leaving"));
  await expect(waiting[0]).rejects.toThrow("I am leaving");
  await turnOfTheLoop();
  expect(begun[0]?.aborted).toBe(false);
  second.abort(new Error("me too"));
  await expect(waiting[1]).rejects.toThrow("me too");
  expect(begun[0]?.aborted).toBe(true);
});

test("is not begun by who has left already", async () => {
  const { begin, begun } = startable();
  const signal = AbortSignal.abort(new Error("gone"));
  await expect(new SharedWork<string>().join("a", begin, signal)).rejects.toThrow("gone");
  expect(begun).toEqual([]);
});
