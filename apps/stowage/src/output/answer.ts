import { StowageError } from "@stowage/errors";
import type { Output } from "../terminal.ts";
import type { Fields } from "./fields.ts";
import { jsonOf } from "./json.ts";
import { formatScreen, type Screen } from "./screen.ts";
import { fillTemplate, parseTemplate, type Template } from "./template.ts";

/** A JSON object with the fields that its verb documents; what is `undefined` is left out. */
export type Item = Readonly<Record<string, unknown>>;

/**
 * What a verb answers: a list of items, or one item. `screen` is how people see it, and is only called for them.
 */
export type Answer = ({ readonly list: readonly Item[] } | { readonly one: Item }) & Seen;

/** The next of a stream of answers. */
export type NextAnswer = { readonly next: Item } & Seen;

interface Seen {
  readonly screen: () => Screen;
}

/** How the answers of this run are printed. */
export type AnswerForm =
  | { readonly kind: "screen" }
  | { readonly kind: "json" }
  | { readonly kind: "template"; readonly template: Template };

/** What `--json` and `--format` ask for. Fails with `invalid-argument` for a template that names an unknown field. */
export function chooseForm(
  { json, format }: { readonly json?: boolean; readonly format?: string },
  fields: Fields,
): AnswerForm {
  if (json === true && format !== undefined) {
    throw new StowageError("invalid-argument", "Cannot print the answer: --json and --format exclude each other");
  }
  if (format !== undefined) return { kind: "template", template: parseTemplate(format, fields) };
  return { kind: json === true ? "json" : "screen" };
}

/** The answer as text. A list is an array in JSON, the next of a stream a line. */
export function formatAnswer(answer: Answer | NextAnswer, form: AnswerForm, stream: Output): string {
  switch (form.kind) {
    case "screen":
      return formatScreen(answer.screen(), stream);
    case "template":
      return fillTemplate(form.template, itemsOf(answer), stream);
    case "json":
      if ("next" in answer) return `${jsonOf(answer.next)}\n`;
      return `${jsonOf("list" in answer ? answer.list : answer.one, 2)}\n`;
  }
}

function itemsOf(answer: Answer | NextAnswer): readonly Item[] {
  if ("list" in answer) return answer.list;
  return ["one" in answer ? answer.one : answer.next];
}
