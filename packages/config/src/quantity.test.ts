import { assert, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, formatSize, parseDuration, parseSize } from "./quantity.ts";

test.for([
  { text: "0 B", bytes: 0 },
  { text: "512MiB", bytes: 512 * 1024 * 1024 },
  { text: "10 GiB", bytes: 10 * 1024 ** 3 },
  { text: "2 TiB", bytes: 2 * 1024 ** 4 },
])("reads $text as $bytes bytes", ({ text, bytes }) => {
  expect(parseSize(text)).toBe(bytes);
});

test.for([
  { text: "0s", seconds: 0 },
  { text: "90s", seconds: 90 },
  { text: "5m", seconds: 300 },
  { text: "24h", seconds: 86_400 },
  { text: "7 d", seconds: 604_800 },
])("reads $text as $seconds seconds", ({ text, seconds }) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.for(["", "5", "MiB", "-1 MiB", "1.5 GiB", "5 MB", "5 mib", "1  KiB", "9999999999 B", "5m ", "1h30m", "five m"])(
  "takes %j for neither",
  (text) => {
    expect(parseSize(text)).toBeUndefined();
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.for([
  { bytes: 0, text: "0 B" },
  { bytes: 1023, text: "1023 B" },
  { bytes: 1024, text: "1 KiB" },
  { bytes: 1536 * 1024 ** 2, text: "1536 MiB" },
  { bytes: 256 * 1024 ** 3, text: "256 GiB" },
])("writes $bytes bytes as $text", ({ bytes, text }) => {
  expect(formatSize(bytes)).toBe(text);
});

test("reads back every quantity it writes", () => {
  assert(
    property(nat(999_999_999), (amount) => {
      expect(parseSize(formatSize(amount))).toBe(amount);
      expect(parseDuration(formatDuration(amount))).toBe(amount);
    }),
  );
});
