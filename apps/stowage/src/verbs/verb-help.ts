import type { Command, Help, Option } from "commander";
import { fillLines, listTerms } from "../output/fill-lines.ts";

/** A command line, and what it does. */
export interface Example {
  readonly line: string;
  readonly means: string;
}

/** What `--help` says of a verb: usage, arguments, options, examples; those of every verb by name only, so that it fits a screen. */
export function verbHelp(verb: Command & { readonly examples: readonly Example[] }, helper: Help): string {
  const sections = [
    ["Arguments:", verb.registeredArguments.map((argument) => [helper.argumentTerm(argument), argument.description])],
    ["Options:", ownOptions(verb).map((option) => [option.flags, helper.optionDescription(option)])],
    ["Examples:", verb.examples.map(({ line, means }) => [line, means])],
  ] as const;
  const told = sections.flatMap(([heading, terms]) => (terms.length === 0 ? [] : [`${heading}\n${listTerms(terms)}`]));
  const usage = `Usage: ${helper.commandUsage(verb)}`;
  const common = `Options of every verb, which "stowage --help" explains:\n${commonTerms(verb.parent)}`;
  return `${[usage, fillLines(verb.description().split(" "), { width: 80 }), ...told, common].join("\n\n")}\n`;
}

/** The options of a verb that not every verb has, but for hidden ones. */
export function ownOptions(verb: Command): readonly Option[] {
  return verb.options.filter(({ hidden, long }) => !hidden && long !== "--help");
}

function commonTerms(program: Command | null): string {
  const terms = (program?.options ?? []).filter(({ long }) => long !== "--version").map(({ flags }) => flags);
  return fillLines(terms, { width: 80, indent: "  ", gap: "  " });
}
