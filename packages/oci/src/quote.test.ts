import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { quoteText } from "./index.ts";

test.for([
  { text: "application/json", quoted: '"application/json"' },
  { text: "", quoted: '""' },
  { text: 'a "b" \\', quoted: String.raw`"a \"b\" \\"` },
  { text: "one\ntwo\u001b[31m", quoted: String.raw`"one\ntwo\u001b[31m"` },
  { text: "\u007f\u009b31m", quoted: String.raw`"\u007f\u009b31m"` },
  { text: "\u202egnp.exe\u2028", quoted: String.raw`"\u202egnp.exe\u2028"` },
  { text: "\u{e0041}", quoted: String.raw`"\udb40\udc41"` },
  { text: "wörter", quoted: '"wörter"' },
  { text: "x".repeat(160), quoted: `"${"x".repeat(160)}"` },
  { text: "x".repeat(500_000), quoted: `"${"x".repeat(160)}"…` },
])("quotes a text as $quoted", ({ text, quoted }) => {
  expect(quoteText(text)).toBe(quoted);
});

test("any text is quoted in one short line, without a character that a terminal obeys", () => {
  assert(
    property(string({ unit: "binary", maxLength: 1000 }), (text) => {
      expect(quoteText(text)).toMatch(/^"[^\p{C}\p{Zl}\p{Zp}]{0,960}"…?$/u);
      if (text.length <= 160) expect(JSON.parse(quoteText(text))).toBe(text);
    }),
  );
});
