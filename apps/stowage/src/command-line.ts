import { version } from "@stowage/core";
import { type ErrorCode, StowageError } from "@stowage/errors";
import { Command, CommanderError } from "commander";
import { addCheck } from "./check-verb.ts";
import { addDf } from "./df-verb.ts";
import { addImages } from "./images-verb.ts";
import { addInspect } from "./inspect-verb.ts";
import { addMount } from "./mount-verb.ts";
import { addPull } from "./pull-verb.ts";
import { addRemove } from "./remove-verb.ts";
import type { Terminal } from "./terminal.ts";
import { addUnmount } from "./unmount-verb.ts";

/** Runs one command line and returns its exit code. Errors become one line on `terminal.tell`. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    return exitCodeOf(error, terminal);
  }
}

function createProgram(terminal: Terminal): Command {
  const program = new Command("stowage")
    .description("Container images on this machine")
    .version(`stowage ${version}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this")
    .helpCommand("help [VERB]", "explain a verb")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.tell(`stowage: ${text.trimEnd().replace(/^error: /, "")}`),
    });
  for (const add of [addPull, addImages, addInspect, addRemove, addMount, addUnmount, addCheck, addDf])
    add(program, terminal);
  return program;
}

function exitCodeOf(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (terminal.signal.aborted && error === terminal.signal.reason) {
    terminal.tell("stowage: stopped; what had arrived whole is kept for the next try");
    return 130;
  }
  if (error instanceof StowageError) {
    terminal.tell(`stowage: ${error.message}`);
    return exitCodes[error.code] ?? 1;
  }
  terminal.tell(`stowage: ${String(error instanceof Error ? error.stack : error)}`);
  return 1;
}

/** Every other error is 1. */
const exitCodes: Partial<Readonly<Record<ErrorCode, number>>> = {
  "invalid-argument": 2,
  "not-found": 3,
  unauthenticated: 4,
  "permission-denied": 4,
  unavailable: 5,
};
