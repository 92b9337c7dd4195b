import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { expect, test } from "vitest";
import { KeyedTurns } from "./keyed-turns.ts";

/** Work that ends when it is told to, and when it began. */
function gatedWork() {
  const begun: string[] = [];
  const turns = new KeyedTurns();
  const start = (name: string, ...keys: readonly string[]) => {
    const gate = Promise.withResolvers<void>();
    const ended = turns.run(keys, async () => {
      begun.push(name);
      await gate.promise;
      return name;
    });
    ended.catch(() => undefined);
    return { ended, end: gate.resolve, fail: gate.reject };
  };
  return { begun, start };
}

test("what is about one thing goes one after the other, all else at once", async () => {
  const { begun, start } = gatedWork();
  const one = start("one", "a", "b");
  const two = start("two", "b", "c");
  const three = start("three", "c");
  start("four", "d");
  await turnOfTheLoop();
  expect(begun).toEqual(["one", "four"]);
  one.end();
  expect(await one.ended).toBe("one");
  await turnOfTheLoop();
  expect(begun).toEqual(["one", "four", "two"]);
  two.end();
  three.end();
  expect(await Promise.all([two.ended, three.ended])).toEqual(["two", "three"]);
});

test("a failure is its own, and the next goes on", async () => {
  const { begun, start } = gatedWork();
  const one = start("one", "a");
  const two = start("two", "a");
  one.fail(new Error("no"));
  two.end();
  await expect(one.ended).rejects.toThrow("no");
  expect(await two.ended).toBe("two");
  expect(begun).toEqual(["one", "two"]);
});
