import type { Command, Option } from "commander";
import { splitAt } from "../store/filter.ts";
import { type Candidate, type Completed, completedBy } from "./completed.ts";

export interface Completion {
  readonly completed: Completed;
  /** What of the last word stays before that: `--sort=`. */
  readonly prefix: string;
  /** The options of every verb that were given with a value, by their names. */
  readonly given: ReadonlyMap<string, string>;
}

/** What can stand in place of the last of `words`, which are those after the command's name; the last may be empty. */
export function completeWords(program: Command, words: readonly string[]): Completion {
  const current = words.at(-1) ?? "";
  const typed = readWords(program, words.slice(0, -1));
  const given = new Map(typed.given);
  const nothing = { prefix: "", given };
  if (typed.awaited !== undefined) return { ...nothing, completed: valueOf(typed.awaited) };
  if (typed.isEnded || !current.startsWith("-")) return { ...nothing, completed: operandAt(program, typed) };
  const assigned = readAssignment(program, typed.verb, current);
  if (assigned === undefined) return { ...nothing, completed: wordsOf(flags(program, typed.verb)) };
  return { completed: valueOf(assigned.option), prefix: `${assigned.option.long}=`, given };
}

interface Typed {
  readonly verb: Command | undefined;
  readonly operands: number;
  /** The option whose value comes next. */
  readonly awaited: Option | undefined;
  /** Whether `--` was typed, after which there are no options. */
  readonly isEnded: boolean;
  readonly given: readonly (readonly [string, string])[];
}

function readWords(program: Command, words: readonly string[]): Typed {
  const nothing: Typed = { verb: undefined, operands: 0, awaited: undefined, isEnded: false, given: [] };
  return words.reduce((typed, word) => readWord(program, typed, word), nothing);
}

function readWord(program: Command, typed: Typed, word: string): Typed {
  const { awaited, verb, given } = typed;
  if (awaited !== undefined)
    return { ...typed, awaited: undefined, given: [...given, [awaited.attributeName(), word]] };
  if (!typed.isEnded && word === "--") return { ...typed, isEnded: true };
  if (!typed.isEnded && word.startsWith("-")) {
    const assigned = readAssignment(program, verb, word);
    if (assigned !== undefined)
      return { ...typed, given: [...given, [assigned.option.attributeName(), assigned.value]] };
    return {
      ...typed,
      awaited: optionsWithValue(program, verb).find(({ long, short }) => [long, short].includes(word)),
    };
  }
  if (verb !== undefined) return { ...typed, operands: typed.operands + 1 };
  const found = program.commands.find((each) => each.name() === word || each.aliases().includes(word));
  return { ...typed, verb: found, operands: found === undefined ? typed.operands + 1 : 0 };
}

function operandAt(program: Command, { verb, operands }: Typed): Completed {
  if (verb === undefined) return operands === 0 ? wordsOf(verbs(program)) : { kind: "nothing" };
  const known = verb.registeredArguments;
  const argument = known[operands] ?? (known.at(-1)?.variadic === true ? known.at(-1) : undefined);
  if (argument === undefined) return { kind: "nothing" };
  if (argument.name() === "verb") return wordsOf(verbs(program));
  return completedBy({ name: argument.name(), choices: argument.argChoices });
}

function verbs(program: Command): readonly Candidate[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .map((verb) => ({ text: verb.name(), means: verb.summary() || verb.description() }));
}

function flags(program: Command, verb: Command | undefined): readonly Candidate[] {
  const told = optionsOf(program, verb).map(({ long, short, description }) => ({
    text: long ?? short ?? "",
    means: description,
  }));
  return [...told, { text: "--help", means: "explain this, or a verb" }];
}

function optionsOf(program: Command, verb: Command | undefined): readonly Option[] {
  return [...(verb?.options ?? []), ...program.options].filter(({ hidden }) => !hidden);
}

function optionsWithValue(program: Command, verb: Command | undefined): readonly Option[] {
  return optionsOf(program, verb).filter(({ required, optional }) => required || optional);
}

/** An option that has its value in the same word: `--root=/x`. */
function readAssignment(
  program: Command,
  verb: Command | undefined,
  word: string,
): { readonly option: Option; readonly value: string } | undefined {
  const [name, value] = splitAt(word, "=");
  const option = optionsWithValue(program, verb).find(({ long }) => long === name);
  return option === undefined || value === undefined ? undefined : { option, value };
}

function valueOf({ flags: text, argChoices }: Option): Completed {
  const name = /[<[](?<name>[^>\].]+)/.exec(text)?.groups?.["name"] ?? "";
  return completedBy({ name, choices: argChoices });
}

function wordsOf(words: readonly Candidate[]): Completed {
  return { kind: "words", words };
}
