import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeJson } from "./decode-json.ts";

test("JSON is what it says", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(decodeJson(Buffer.from(text)))).toBe(JSON.stringify(JSON.parse(text)));
    }),
  );
});

test("whatever else comes from outside is nothing, or can be printed", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(() => JSON.stringify(decodeJson(bytes))).not.toThrow();
    }),
  );
});

test.for([
  { what: "nothing", text: "" },
  { what: "what is no JSON", text: "chart: x\n" },
  { what: "what is too deep", text: `${"[".repeat(20_000)}${"]".repeat(20_000)}` },
  { what: "what is too deep in objects", text: `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}` },
])("$what is left out", ({ text }) => {
  expect(decodeJson(Buffer.from(text))).toBeUndefined();
});
