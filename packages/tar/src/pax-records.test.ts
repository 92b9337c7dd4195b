import { StowageError } from "@stowage/errors";
import { array, assert, property, record, string, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { tarLimits } from "./limits.ts";
import { decodePaxRecords, encodePaxRecords } from "./pax-records.ts";

const read = (text: string): readonly { key: string; value: string }[] =>
  decodePaxRecords(Buffer.from(text, "latin1"), tarLimits).map(({ key, value }) => ({
    key,
    value: Buffer.from(value).toString(),
  }));

test.for([
  { text: "", means: [] },
  { text: "6 k=v\n", means: [{ key: "k", value: "v" }] },
  { text: "5 k=\n", means: [{ key: "k", value: "" }] },
  { text: "9 k=a\nb=\n", means: [{ key: "k", value: "a\nb=" }] },
  { text: "06 k=v\n", means: undefined },
  { text: "7 k=v\n", means: undefined },
  { text: "5 k=v\n", means: undefined },
  { text: "4 =v\n", means: undefined },
  { text: "6 =vv\n", means: undefined },
  { text: "6 kvv\n", means: undefined },
  { text: "k=v\n", means: undefined },
  { text: "99999999999999999999 k=v\n", means: undefined },
  { text: "6 k=v\n\0", means: undefined },
])("reads $text as $means", ({ text, means }) => {
  if (means === undefined) expect(() => read(text)).toThrow(StowageError);
  else expect(read(text)).toEqual(means);
});

test("reads back all records it writes, of every length", () => {
  const key = string({ unit: "grapheme-ascii", minLength: 1, maxLength: 120 }).filter((text) => !text.includes("="));
  assert(
    property(array(record({ key, value: uint8Array({ maxLength: 1100 }) })), (records) => {
      expect(decodePaxRecords(encodePaxRecords(records), tarLimits)).toEqual(records);
    }),
  );
});

test("takes no more records than its limit, however short", () => {
  const bytes = Buffer.from("5 k=\n".repeat(tarLimits.paxRecords + 1));
  expect(() => decodePaxRecords(bytes, tarLimits)).toThrow(/more than 32768 records/);
});
