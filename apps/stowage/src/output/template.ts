import { StowageError } from "@stowage/errors";
import type { Output } from "../terminal.ts";
import { type Fields, isFieldPath } from "./fields.ts";
import { jsonOf } from "./json.ts";
import { formatScreen } from "./screen.ts";
import { visibleText } from "./visible-text.ts";

/** What `--format` says: text and fields, in order; as a table, the parts between tabs are columns. */
export interface Template {
  readonly kind: "line" | "table";
  readonly parts: readonly TemplatePart[];
}

export type TemplatePart = string | TemplateField;

export interface TemplateField {
  /** The names on the way to the field; none means the whole item. */
  readonly path: readonly string[];
  /** Whether its value is written as JSON. */
  readonly json: boolean;
}

/**
 * Reads a template: `["table "] (text | "{{" ["json "] path "}}")*`, where a path is `.` or `.name.name`. In text, `\t`, `\n` and `\\`
 * are a tab, a line's end and a backslash. `json` alone means the whole item. Fails with `invalid-argument` where it is
 * malformed, or where it names what is not among `fields`.
 */
export function parseTemplate(text: string, fields: Fields): Template {
  if (text.trim() === "json") return { kind: "line", parts: [{ path: [], json: true }] };
  const kind = text.startsWith(tablePrefix) ? "table" : "line";
  const body = kind === "table" ? text.slice(tablePrefix.length) : text;
  const parts = splitFields(body).map(({ field, text: plain }) =>
    field === undefined ? unescapeText(plain) : parseField(field, fields),
  );
  return { kind, parts: parts.filter((part) => part !== "") };
}

/** The template as it is written; reading it gives the same again. */
export function formatTemplate({ kind, parts }: Template): string {
  const text = parts.map((part) => (typeof part === "string" ? escapeText(part) : `{{${fieldText(part)}}}`)).join("");
  return kind === "table" ? `${tablePrefix}${text}` : text;
}

/** Each item through the template, a line each. On a terminal nothing in a value is obeyed; elsewhere values are as they are. */
export function fillTemplate(
  template: Template,
  items: readonly Readonly<Record<string, unknown>>[],
  stream: Output,
): string {
  if (template.kind === "line") {
    const shown = stream.isTTY === true ? visibleText : (text: string) => text;
    return items.map((item) => `${fill(template.parts, (field) => shown(valueText(item, field)))}\n`).join("");
  }
  const columns = fill(template.parts, (field) => (field.path.at(-1) ?? "").toUpperCase()).split("\t");
  const rows = items.map((item) =>
    splitColumns(template.parts).map((parts) => fill(parts, (field) => valueText(item, field))),
  );
  return formatScreen([{ head: columns, rows }], stream);
}

const tablePrefix = "table ";

function splitFields(text: string): readonly { readonly text: string; readonly field?: string }[] {
  const [first = "", ...rest] = text.split("{{");
  return [
    { text: first },
    ...rest.flatMap((piece) => {
      const end = piece.indexOf("}}");
      if (end < 0) throw malformed('"{{" without "}}"');
      return [{ text: "", field: piece.slice(0, end) }, { text: piece.slice(end + 2) }];
    }),
  ];
}

function parseField(text: string, fields: Fields): TemplateField {
  const match = /^ *(?<json>json +)?\.(?<path>(?:[\w-]+(?:\.[\w-]+)*)?) *$/.exec(text);
  if (match?.groups === undefined) throw malformed(`"{{${text}}}" is neither {{.field}} nor {{json .field}}`);
  const { json, path = "" } = match.groups;
  if (path !== "" && !isFieldPath(path, fields)) {
    throw malformed(`there is no field "${path}"; there are ${Object.keys(fields).join(", ")}`);
  }
  return { path: path === "" ? [] : path.split("."), json: json !== undefined };
}

function malformed(why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot read the template: ${why}`);
}

function unescapeText(text: string): string {
  return text.replaceAll(/\\([tn\\])/g, (_, letter: string) => ({ t: "\t", n: "\n" })[letter] ?? letter);
}

function escapeText(text: string): string {
  return text.replaceAll(/[\\\t\n]/g, (odd) => ({ "\t": "\\t", "\n": "\\n" })[odd] ?? "\\\\");
}

function fieldText({ path, json }: TemplateField): string {
  return `${json ? "json " : ""}.${path.join(".")}`;
}

function fill(parts: readonly TemplatePart[], value: (field: TemplateField) => string): string {
  return parts.map((part) => (typeof part === "string" ? part : value(part))).join("");
}

/** The parts of each column. A tab is in text only. */
function splitColumns(parts: readonly TemplatePart[]): readonly (readonly TemplatePart[])[] {
  return parts.reduce<readonly (readonly TemplatePart[])[]>(
    (columns, part) => {
      const [first, ...more] = typeof part === "string" ? part.split("\t") : [part];
      const last = columns.at(-1) ?? [];
      return [...columns.slice(0, -1), [...last, first ?? ""], ...more.map((text) => [text])];
    },
    [[]],
  );
}

function valueText(item: unknown, { path, json }: TemplateField): string {
  const value = path.reduce<unknown>(step, item);
  return json ? jsonOf(value) : plainText(value);
}

/** Into each of a list, a list of what is there. */
function step(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((each) => step(each, name));
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}

function plainText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(plainText).join(", ");
  return typeof value === "string" ? value : jsonOf(value);
}
