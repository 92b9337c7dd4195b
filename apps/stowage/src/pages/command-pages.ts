import { createProgram } from "../program.ts";
import { Terminal } from "../terminal.ts";
import { cliPage } from "./cli-page.ts";
import { describeProgram } from "./describe-program.ts";
import { type ManPage, manPages } from "./man-page.ts";

/** The pages on the command: docs/cli.md, and those of the manual. */
export function commandPages(): { readonly cli: string; readonly man: readonly ManPage[] } {
  const { stdout, stderr } = process;
  const program = describeProgram(
    createProgram(new Terminal({ stdout, stderr, signal: new AbortController().signal })),
  );
  return { cli: cliPage(program), man: manPages(program) };
}
