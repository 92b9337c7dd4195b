import { assert, date, double, integer, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import { parseRetryAfter } from "./retry-after.ts";

const now = Date.parse("2026-11-21T06:00:00Z");
const day = 24 * 60 * 60 * 1000;

test.for([
  { text: "0", milliseconds: 0 },
  { text: "120", milliseconds: 120_000 },
  { text: " 1.5 ", milliseconds: 1500 },
  { text: "0.0001", milliseconds: 1 },
  { text: "250ms", milliseconds: 250 },
  { text: "30s", milliseconds: 30_000 },
  { text: "30 seconds", milliseconds: 30_000 },
  { text: "1 minute", milliseconds: 60_000 },
  { text: "2M", milliseconds: 120_000 },
  { text: "1h", milliseconds: 3_600_000 },
  { text: "1500 us", milliseconds: 2 },
  { text: "86400", milliseconds: day },
  { text: "90000000", milliseconds: 90_000 },
  { text: "30000000000", milliseconds: 30_000 },
  { text: "99999999999999999999", milliseconds: expect.toSatisfy((wait: number) => wait <= day) },
  { text: "Sat, 21 Nov 2026 06:00:30 GMT", milliseconds: 30_000 },
  { text: "Saturday, 21-Nov-26 06:00:30 GMT", milliseconds: 30_000 },
  { text: "Sat Nov 21 06:00:30 2026 GMT", milliseconds: 30_000 },
  { text: "2026-11-21T06:00:30Z", milliseconds: 30_000 },
  { text: "Sat, 21 Nov 2020 06:00:00 GMT", milliseconds: 0 },
  { text: "Fri, 31 Dec 9999 23:59:59 GMT", milliseconds: day },
  { text: "", milliseconds: undefined },
  { text: "-5", milliseconds: undefined },
  { text: "soon", milliseconds: undefined },
  { text: "retry in 2099", milliseconds: undefined },
  { text: "10 parsecs", milliseconds: undefined },
  { text: "1e3", milliseconds: undefined },
  { text: "5, 10", milliseconds: undefined },
])("reads $text as $milliseconds ms", ({ text, milliseconds }) => {
  expect(parseRetryAfter(text, now)).toEqual(milliseconds);
});

test("waits as long as whole seconds and dates say, up to a day", () => {
  assert(
    property(integer({ min: 0, max: 86_400 }), (seconds) => {
      expect(parseRetryAfter(String(seconds), now)).toBe(1000 * seconds);
      expect(parseRetryAfter(new Date(now + 1000 * seconds).toUTCString(), now)).toBe(1000 * seconds);
    }),
  );
});

test("reads any text as nothing, or as a wait of no more than a day", () => {
  const texts = oneof(
    string(),
    double().map(String),
    date({ noInvalidDate: true }).map((when) => when.toUTCString()),
    integer().map((count) => `${count} s`),
  );
  assert(
    property(texts, (text) => {
      const wait = parseRetryAfter(text, now) ?? 0;
      expect(wait >= 0 && wait <= day).toBe(true);
    }),
  );
  for (const piece of ["9", " ", "a", "1 ", "Jan "]) parseRetryAfter(piece.repeat(100_000), now);
});
