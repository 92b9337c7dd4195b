import { type Chapter, environment, exits, files, streams, templates } from "./chapters.ts";
import type { ProgramDescription, Term, VerbDescription } from "./describe-program.ts";

/** A page of the manual, by the name of its file; its text is in man(7)'s macros. */
export interface ManPage {
  readonly file: string;
  readonly text: string;
}

/** stowage(1), and a page for each verb. */
export function manPages(program: ProgramDescription): readonly ManPage[] {
  const verbs = program.groups.flatMap((group) => group.verbs);
  return [{ file: "stowage.1", text: programPage(program) }, ...verbs.map((verb) => verbPage(verb))];
}

function programPage({ summary, groups, options }: ProgramDescription): string {
  const verbs = groups.flatMap(({ name, verbs: listed }) => [
    `.SS ${escape(name)}`,
    ...listed.flatMap((verb) => term([`stowage-${verb.name}(1)`, verb.summary])),
  ]);
  return page("stowage", [
    ...section("NAME", [`stowage \\- ${escape(summary.replace(/[:.].*$/, ""))}`]),
    ...section("SYNOPSIS", [".B stowage", "VERB [options]"]),
    ...section("DESCRIPTION", [escape(summary), ".PP", escape(streams.text)]),
    ...section("VERBS", verbs),
    ...section("OPTIONS OF EVERY VERB", options.flatMap(term)),
    ...[templates, exits, environment, files].flatMap(chapter),
  ]);
}

function verbPage({ name, usage, summary, aliases, ...rest }: VerbDescription): ManPage {
  const also = aliases.length === 0 ? [] : [".PP", escape(`It is also called ${aliases.join(", ")}.`)];
  const fields = rest.fields.map(({ path, type, means }): Term => [path, `${type}: ${means}`]);
  const text = page(`stowage-${name}`, [
    ...section("NAME", [`stowage-${escape(name)} \\- ${escape(summary)}`]),
    ...section("SYNOPSIS", [`.B ${escape(usage)}`]),
    ...section("DESCRIPTION", [`${escape(summary)}.`, ...also]),
    ...section("ARGUMENTS", rest.arguments.flatMap(term)),
    ...section("OPTIONS", [...rest.options.flatMap(term), ".PP", "Those of every verb are in", ".BR stowage (1)."]),
    ...section(
      "EXAMPLES",
      rest.examples.flatMap(({ line, means }) => term([line, means])),
    ),
    ...section("JSON", fields.flatMap(term)),
    ...section("SEE ALSO", [".BR stowage (1)"]),
  ]);
  return { file: `stowage-${name}.1`, text };
}

function chapter({ heading, text, terms }: Chapter): readonly string[] {
  return section(heading.toUpperCase(), [escape(text), ...terms.flatMap(term)]);
}

function page(name: string, lines: readonly string[]): string {
  return [`.TH ${escape(name.toUpperCase())} 1 "" "stowage" "Container images"`, ".nh", ".ad l", ...lines, ""].join(
    "\n",
  );
}

function section(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`.SH "${escape(heading)}"`, ...lines];
}

function term([name, means]: Term): readonly string[] {
  return [".TP", `\\fB${escape(name)}\\fR`, escape(means)];
}

/** Text that roff takes for nothing but text: no escapes, no hyphens for minus signs, no requests at a line's start. */
function escape(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll(/\P{ASCII}/gu, (odd) => `\\[u${(odd.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`)
    .replace(/^[.']/, "\\&$&");
}
