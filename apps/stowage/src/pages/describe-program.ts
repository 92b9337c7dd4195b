import type { Command, Option } from "commander";
import type { DescribedField } from "../output/fields.ts";
import { describeFields } from "../output/fields.ts";
import { listedVerbs } from "../program.ts";
import { groups } from "../verbs/groups.ts";
import type { Verb } from "../verbs/verb.ts";
import type { Example } from "../verbs/verb-help.ts";
import { ownOptions } from "../verbs/verb-help.ts";

export type Term = readonly [term: string, means: string];

/** A verb as the pages tell of it, from its declaration. */
export interface VerbDescription {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly usage: string;
  readonly summary: string;
  readonly arguments: readonly Term[];
  readonly options: readonly Term[];
  readonly examples: readonly Example[];
  readonly fields: readonly DescribedField[];
}

export interface ProgramDescription {
  readonly summary: string;
  readonly groups: readonly { readonly name: string; readonly verbs: readonly VerbDescription[] }[];
  /** Those of every verb. */
  readonly options: readonly Term[];
}

export function describeProgram(program: Command): ProgramDescription {
  const verbs = listedVerbs(program);
  return {
    summary: program.description(),
    groups: Object.values(groups).map((heading) => ({
      name: heading.replace(/:$/, ""),
      verbs: verbs.filter((verb) => verb.helpGroup() === heading).map((verb) => describeVerb(verb, program)),
    })),
    options: program.options.map((option) => optionTerm(option, program)),
  };
}

function describeVerb(verb: Verb, program: Command): VerbDescription {
  const { examples, fields } = verb;
  return {
    name: verb.name(),
    aliases: verb.aliases(),
    usage: `${program.name()} ${verb.name()} ${verb.usage()}`,
    summary: verb.description(),
    arguments: verb.registeredArguments.map((argument) => [argument.name(), argument.description]),
    options: ownOptions(verb).map((option) => optionTerm(option, program)),
    examples,
    fields: describeFields(fields),
  };
}

function optionTerm(option: Option, program: Command): Term {
  return [option.flags, program.createHelp().optionDescription(option)];
}
