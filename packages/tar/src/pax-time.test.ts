import { StowageError } from "@stowage/errors";
import { assert, bigInt, property } from "fast-check";
import { expect, test } from "vitest";
import { formatPaxTime, parsePaxTime } from "./pax-time.ts";

test.for([
  { text: "0", means: 0n },
  { text: "1.5", means: 1_500_000_000n },
  { text: "-1.5", means: -1_500_000_000n },
  { text: "-0.000000001", means: -1n },
  { text: "1350244992.023960108", means: 1_350_244_992_023_960_108n },
  { text: "1.9999999999999", means: 1_999_999_999n },
  { text: "5.", means: 5_000_000_000n },
])("reads $text as $means ns", ({ text, means }) => {
  expect(parsePaxTime(text)).toBe(means);
});

test.for(["", ".5", "1e9", "--1", "1.5s", " 1", "99999999999999999999"])("refuses %j", (text) => {
  expect(() => parsePaxTime(text)).toThrow(StowageError);
});

test("reads back every time it writes", () => {
  assert(
    property(bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (time) => {
      expect(parsePaxTime(formatPaxTime(time))).toBe(time);
    }),
  );
});
