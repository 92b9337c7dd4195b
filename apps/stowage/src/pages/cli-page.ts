import { type Chapter, environment, exits, files, streams, templates } from "./chapters.ts";
import type { ProgramDescription, Term, VerbDescription } from "./describe-program.ts";

/** docs/cli.md: every verb, and what holds for all of them, in Markdown. */
export function cliPage({ summary, groups, options }: ProgramDescription): string {
  const shown = groups.filter(({ verbs }) => verbs.length > 0);
  return [
    "# The command",
    `${text(summary)} This page is written by \`node tools/write-command-pages.ts\` from what the verbs declare.`,
    ...shown.map(({ name, verbs }) => `**${name}**\n\n${table(["Verb", "What it does"], verbs.map(contentsRow))}`),
    `For all of them: ${[commonOptions, ...chapters].map(({ heading }) => `[${heading}](#${anchorOf(heading)})`).join(" · ")}`,
    ...verbSections(shown.flatMap(({ verbs }) => verbs)),
    `## ${commonOptions.heading}`,
    table(["Option", "What it does"], options.map(termRow)),
    ...chapters.flatMap(chapterSection),
  ]
    .join("\n\n")
    .concat("\n");
}

const commonOptions = { heading: "Options of every verb" };
const chapters: readonly Chapter[] = [templates, streams, exits, environment, files];

function contentsRow({ name, summary }: VerbDescription): readonly string[] {
  return [`[${name}](#${anchorOf(`stowage ${name}`)})`, text(summary)];
}

/** What several verbs answer is told once. */
function verbSections(verbs: readonly VerbDescription[]): readonly string[] {
  const first = new Map(verbs.toReversed().map((verb) => [JSON.stringify(verb.fields), verb.name]));
  return verbs.flatMap((verb) => {
    const told = first.get(JSON.stringify(verb.fields));
    const same = told === verb.name ? undefined : told;
    return [...verbSection(verb), ...(verb.fields.length === 0 ? [] : fieldsPart(verb, same))];
  });
}

function fieldsPart({ fields }: VerbDescription, same: string | undefined): readonly string[] {
  if (same !== undefined) return [`With \`--json\`: the fields of [stowage ${same}](#${anchorOf(`stowage ${same}`)}).`];
  return ["With `--json`:", table(["Field", "Type", "What it is"], fields.map(fieldRow))];
}

function verbSection({ name, aliases, usage, summary, ...rest }: VerbDescription): readonly string[] {
  const also = aliases.length === 0 ? "" : ` It is also called ${aliases.map((alias) => `\`${alias}\``).join(", ")}.`;
  const terms = [...rest.arguments.map(([term, means]): Term => [`<${term}>`, means]), ...rest.options];
  const examples = rest.examples.map(({ line, means }) => `${line}    # ${means}`);
  return [
    `## stowage ${name}`,
    `${text(summary)}.${also}`,
    code(usage),
    ...(terms.length === 0 ? [] : [table(["Argument or option", "What it is"], terms.map(termRow))]),
    ...(examples.length === 0 ? [] : [code(examples.join("\n"))]),
  ];
}

function fieldRow({ path, type, means }: VerbDescription["fields"][number]): readonly string[] {
  return [`\`${path}\``, type, text(means)];
}

function chapterSection({ heading, text: says, terms }: Chapter): readonly string[] {
  return [`## ${heading}`, text(says), ...(terms.length === 0 ? [] : [table(["", ""], terms.map(termRow))])];
}

function termRow([term, means]: Term): readonly string[] {
  return [`\`${term}\``, text(means)];
}

function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(" ", "-");
}

function code(lines: string): string {
  return `\`\`\`sh\n${lines}\n\`\`\``;
}

/** Options, templates and patterns are meant letter by letter, and a placeholder is no tag. */
function text(words: string): string {
  return words.replaceAll(/--[\w-]+|\{\{[^}]*\}\}|<[^>]+>|[^\s('"]*[*_][^\s)'",;]*/g, "`$&`");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, at) => Math.max(3, ...all.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const [first = [], ...rest] = all;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n");
}
