import { StowageError } from "@stowage/errors";
import { assert, integer, maxSafeInteger, property } from "fast-check";
import { expect, test } from "vitest";
import { decodeNumber, encodeNumber } from "./number-field.ts";

test.for([
  { field: "0000644\0", means: 0o644 },
  { field: "   644 \0", means: 0o644 },
  { field: "644 \0\0\0\0", means: 0o644 },
  { field: "\0\0\0\0\0\0\0\0", means: 0 },
  { field: "        ", means: 0 },
  { field: "77777777", means: 0o77777777 },
  { field: "12\0garbage", means: 0o12 },
  { field: "\x80\0\0\0\0\0\x01\0", means: 256 },
  { field: "\xff\xff\xff\xff\xff\xff\xff\xff", means: -1 },
  { field: "\xff\xff\xff\xff\xff\xff\xff\xfe", means: -2 },
])("reads $field as $means", ({ field, means }) => {
  expect(decodeNumber(Buffer.from(field, "latin1"))).toBe(means);
});

test.for(["0000648\0", "hello", "-1", "1 2", "\x80\x7f\xff\xff\xff\xff\xff\xff"])("refuses %j", (field) => {
  expect(() => decodeNumber(Buffer.from(field, "latin1"))).toThrow(StowageError);
});

test("reads back every number it writes", () => {
  assert(
    property(maxSafeInteger(), integer({ min: 8, max: 12 }), (value, length) => {
      expect(decodeNumber(encodeNumber(value, length))).toBe(value);
    }),
  );
});
