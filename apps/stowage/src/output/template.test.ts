import { PassThrough } from "node:stream";
import { StowageError } from "@stowage/errors";
import { array, assert, boolean, constantFrom, oneof, pre, property, record, string } from "fast-check";
import { expect, test } from "vitest";
import { fillTemplate, formatTemplate, parseTemplate, type TemplatePart } from "./template.ts";

const fields = {
  id: "text: its id",
  tags: "list of texts: its names",
  "layers.digest": "text: of each",
  labels: "map of texts: whatever it says",
};
const items = [
  { id: "one", tags: ["a:1", "b:1"], layers: [{ digest: "x" }, { digest: "y" }], labels: { by: "me" } },
  { id: "twenty", tags: [], layers: [], labels: {} },
];

/** Not a terminal, unless it is said to be one. */
const pipe = new PassThrough();

test.for([
  { template: "{{.id}}", gives: "one\ntwenty\n" },
  { template: "{{ .id }}: {{.tags}}", gives: "one: a:1, b:1\ntwenty: \n" },
  { template: String.raw`{{.id}}\t{{json .tags}}\\`, gives: 'one\t["a:1","b:1"]\\\ntwenty\t[]\\\n' },
  { template: "{{.layers.digest}} {{.labels.by}}", gives: "x, y me\n \n" },
  { template: "{{json .layers}}", gives: '[{"digest":"x"},{"digest":"y"}]\n[]\n' },
  { template: "json", gives: `${items.map((item) => JSON.stringify(item)).join("\n")}\n` },
  { template: String.raw`table {{.id}}\t<{{.tags}}>`, gives: "ID      <TAGS>\none     <a:1, b:1>\ntwenty  <>\n" },
])("$template is filled", ({ template, gives }) => {
  expect(fillTemplate(parseTemplate(template, fields), items, pipe)).toBe(gives);
});

test.for([
  { template: "{{.nope}}", says: /there is no field "nope"; there are id, tags, layers\.digest, labels$/ },
  { template: "{{.layers.nope}}", says: /no field "layers.nope"/ },
  { template: "{{.id", says: /"\{\{" without "\}\}"/ },
  { template: "{{id}}", says: /"\{\{id\}\}" is neither/ },
])("$template is refused, and it is said why", ({ template, says }) => {
  expect(() => parseTemplate(template, fields)).toThrow(says);
});

test("a value cannot make a terminal do anything; what is no terminal gets it as it is", () => {
  const evil = [{ id: "\u001B]0;owned\u0007" }];
  const template = parseTemplate("{{.id}}", fields);
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  expect(fillTemplate(template, evil, terminal)).toBe(String.raw`\u001b]0;owned\u0007` + "\n");
  expect(fillTemplate(template, evil, pipe)).toBe("\u001B]0;owned\u0007\n");
  expect(fillTemplate(parseTemplate("{{json .id}}", fields), evil, pipe)).toMatch(/^[ -~]*\n$/);
});

const paths = constantFrom([], ["id"], ["tags"], ["layers", "digest"], ["labels", "any"]);
const texts = string({ unit: constantFrom("a", " ", "{", "}", "\t", "\n", "\\", "é", "t", "n"), minLength: 1 });
const parts = oneof(texts, record({ path: paths, json: boolean() }));

test("reads back every template it writes", () => {
  const kinds = constantFrom("line" as const, "table" as const);
  assert(
    property(record({ kind: kinds, parts: array(parts) }), ({ kind, parts: drawn }) => {
      const template = { kind, parts: joined(drawn) };
      const text = formatTemplate(template);
      // Braces that text and fields make together are read as a field.
      pre(!template.parts.some((part) => typeof part === "string" && part.includes("{{")));
      pre(!/\{\{\{|\}\}\}/.test(text));
      expect(parseTemplate(text, fields)).toEqual(template);
    }),
  );
});

test("any text is a template, or is refused as one", () => {
  const pieces = constantFrom("{{", "}}", ".", "id", "json ", "table ", "\\", "\\t", " ", "x", "tags");
  assert(
    property(array(pieces), (drawn) => {
      try {
        fillTemplate(parseTemplate(drawn.join(""), fields), items, pipe);
      } catch (error) {
        expect(error).toBeInstanceOf(StowageError);
      }
    }),
  );
});

/** As a reader has it: no two texts beside each other. */
function joined(drawn: readonly TemplatePart[]): readonly TemplatePart[] {
  return drawn.reduce<readonly TemplatePart[]>((all, part) => {
    const last = all.at(-1);
    return typeof part === "string" && typeof last === "string" ? [...all.slice(0, -1), last + part] : [...all, part];
  }, []);
}
