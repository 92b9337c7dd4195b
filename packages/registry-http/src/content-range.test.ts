import { assert, constantFrom, maxSafeInteger, oneof, property, string, tuple } from "fast-check";
import { expect, test } from "vitest";
import { formatRange, parseContentRange } from "./content-range.ts";

test.for([
  { text: "bytes 0-99/1000", means: { start: 0, end: 100, size: 1000 } },
  { text: "bytes 0-0/1", means: { start: 0, end: 1, size: 1 } },
  { text: " Bytes\t5-9/* ", means: { start: 5, end: 10, size: undefined } },
  ...[
    "",
    "bytes */1000",
    "bytes 0-99",
    "bytes=0-99/1000",
    "bytes 9-5/1000",
    "bytes 0-1000/1000",
    "bytes 0--1/5",
    "bytes 0x0-9/10",
    "bytes 0-9/10, 20-29/30",
    "items 0-9/10",
    "bytes 0-9007199254740993/9007199254740994",
    "bytes 1e1-2e1/30",
  ].map((text) => ({ text, means: undefined })),
])("reads $text as $means", ({ text, means }) => {
  expect(parseContentRange(text)).toEqual(means);
});

test("reads what a host answers to every range that is asked for", () => {
  assert(
    property(tuple(maxSafeInteger(), maxSafeInteger(), maxSafeInteger()), (numbers) => {
      const [start = 0, end = 0, size = 0] = numbers.map(Math.abs).toSorted((one, other) => one - other);
      if (start === end || size === Number.MAX_SAFE_INTEGER) return;
      const asked = formatRange(start, end);
      expect(parseContentRange(`${asked.replace("=", " ")}/${size}`)).toEqual({ start, end, size });
    }),
  );
});

test("reads any text as nothing, or as a range that lies within its size", () => {
  const near = tuple(constantFrom("bytes", "bytes ", ""), string(), constantFrom("-", "/", "0-1/2")).map((parts) =>
    parts.join(""),
  );
  assert(
    property(oneof(string(), near), (text) => {
      const range = parseContentRange(text);
      expect(range === undefined || (range.start < range.end && range.end <= (range.size ?? range.end))).toBe(true);
    }),
  );
});
