import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import { overBudget } from "./retention.ts";

const now = 1_000_000;
const item = (bytes: number, age: number) => ({ bytes, since: now - age * 1000 });

test.for([
  { what: "all that fits", items: [item(4, 1), item(6, 2)], gone: [] },
  { what: "not what is too old", items: [item(1, 101)], gone: [0] },
  { what: "the newest of what does not fit together", items: [item(6, 3), item(6, 2)], gone: [0] },
  { what: "what fits beside something that is too large", items: [item(11, 1), item(10, 2)], gone: [0] },
  { what: "what a clock that was set back calls future", items: [item(1, -50)], gone: [] },
])("keeps $what", ({ items, gone }) => {
  const dropped = overBudget(items, { bytes: 10, seconds: 100 }, now);
  expect(dropped).toEqual(gone.map((at) => items[at]));
});

test("never keeps more than the budget or older than the age, and drops nothing where all fits", () => {
  const items = array(record({ bytes: integer({ min: 0, max: 50 }), age: integer({ min: 0, max: 200 }) }));
  assert(
    property(items, constantFrom(0, 20, 100, 10_000), (given, bytes) => {
      const all = given.map((one) => item(one.bytes, one.age));
      const gone = new Set(overBudget(all, { bytes, seconds: 100 }, now));
      const kept = all.filter((one) => !gone.has(one));
      expect(kept.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(bytes);
      expect(kept.every(({ since }) => now - since <= 100_000)).toBe(true);
      if (bytes === 10_000) expect([...gone].every(({ since }) => now - since > 100_000)).toBe(true);
    }),
  );
});
