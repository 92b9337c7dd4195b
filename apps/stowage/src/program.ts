import { Command, type Help } from "commander";
import { fillLines, listTerms } from "./output/fill-lines.ts";
import type { Terminal } from "./terminal.ts";
import { allVerbs } from "./verbs/all-verbs.ts";
import { commonOptions } from "./verbs/common-options.ts";
import { completeVerb } from "./verbs/complete-verb.ts";
import { groups } from "./verbs/groups.ts";
import { Verb } from "./verbs/verb.ts";
import { readVersion } from "./version.ts";

/** The whole command line, with every verb, for this terminal. Making it loads nothing that a verb needs. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command("stowage")
    .description("Container images on this machine: with a daemon that holds them, or without.")
    .helpOption("-h, --help", "explain this, or a verb")
    .helpCommand(false)
    .version(`stowage ${readVersion()}`, "-V, --version", "print the version")
    .configureHelp({ formatHelp: programHelp })
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      outputError: (text) => terminal.tell(`stowage: ${oneLine(text)}`),
    });
  for (const option of commonOptions()) program.addOption(option);
  for (const make of allVerbs) program.addCommand(make().copyInheritedSettings(program).runsAt(terminal));
  return program.addCommand(completeVerb().runsAt(terminal), { hidden: true });
}

/** Every verb that people are shown. */
export function listedVerbs(program: Command): readonly Verb[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .filter((verb) => verb instanceof Verb);
}

/** commander says what may have been meant in a line of its own, in brackets. */
function oneLine(text: string): string {
  return text
    .trimEnd()
    .replace(/^error: /, "")
    .replace(/\n\((?<hint>[^)]*\?)\)$/, "; $<hint>")
    .replaceAll(/\s*\n\s*/g, " ");
}

function programHelp(program: Command, helper: Help): string {
  const verbs = listedVerbs(program);
  const sections = Object.values(groups).flatMap((group) => {
    const terms = verbs
      .filter((verb) => verb.helpGroup() === group)
      .map((verb) => [verb.name(), verb.summary() || verb.description()]);
    return terms.length === 0 ? [] : [`${group}\n${listTerms(terms)}`];
  });
  const options = helper.visibleOptions(program).map((option) => [option.flags, helper.optionDescription(option)]);
  const usage = "Usage: stowage VERB [options]\n       stowage help VERB";
  const parts = [usage, fillLines(program.description().split(" "), { width: 80 }), ...sections];
  return `${[...parts, `Options of every verb:\n${listTerms(options)}`].join("\n\n")}\n`;
}
