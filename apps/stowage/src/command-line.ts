import { CommanderError } from "commander";
import { describeFailure, tellFailure } from "./output/describe-failure.ts";
import type { ExitCode } from "./output/exit-codes.ts";
import { createProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";
import { FailedError } from "./verbs/call.ts";
import { Verb } from "./verbs/verb.ts";

/** Runs one command line and returns its exit code. Errors become lines on stderr, the first of which says it all. */
export async function main(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const program = createProgram(terminal);
  let verb: Verb | undefined;
  program.hook("preAction", (_, command) => {
    if (command instanceof Verb) verb = command;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof FailedError) return error.code;
    if (terminal.signal.aborted && error === terminal.signal.reason) return tellInterrupted(verb, terminal);
    const { verbose = false } = program.opts<{ verbose?: boolean }>();
    return tellFailure(describeFailure(error, { hints: verb?.failureHints ?? {}, verbose }), terminal);
  }
}

function tellInterrupted(verb: Verb | undefined, terminal: Terminal): ExitCode {
  terminal.tell(verb?.kept === undefined ? "stowage: stopped" : `stowage: stopped; ${verb.kept}`);
  return 130;
}
