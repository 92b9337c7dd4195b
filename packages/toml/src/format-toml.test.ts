import { array, assert, boolean, dictionary, integer, letrec, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { decodeToml, formatToml, formatTomlKey, type TomlValue } from "./index.ts";

test.for([
  { value: 'a "word"\n', text: '"a \\"word\\"\\n"' },
  { value: "\u007f", text: '"\\u007f"' },
  { value: ["a", "b"], text: '["a", "b"]' },
  { value: {}, text: "{}" },
  { value: { "ghcr.io": { on: true, n: 5 } }, text: '{ "ghcr.io" = { on = true, n = 5 } }' },
])("writes $value as $text", ({ value, text }) => {
  expect(formatToml(value)).toBe(text);
});

test("decodeToml reads back every value it writes", () => {
  const names = string({ unit: "binary" }).filter((name) => name !== "__proto__");
  const { value } = letrec<{ value: TomlValue }>((tie) => ({
    value: oneof(
      { maxDepth: 3 },
      string({ unit: "binary" }),
      integer(),
      boolean(),
      array(string()),
      dictionary(names, tie("value"), { maxKeys: 4 }),
    ),
  }));
  assert(
    property(names, value, (name, given) => {
      const text = `${formatTomlKey(name)} = ${formatToml(given)}`;
      const read = decodeToml(text, { noun: "settings", name: "a.toml" }, z.record(z.string(), z.unknown()));
      expect(read).toEqual({ [name]: given });
    }),
  );
});
