import { inspect } from "node:util";
import { type ErrorCode, isErrno, StowageError } from "@stowage/errors";
import type { Terminal } from "../terminal.ts";
import { type ExitCode, exitCodeOf } from "./exit-codes.ts";

/** What to try where something failed, by the kind of the failure. */
export type Hints = Readonly<Partial<Record<ErrorCode, string>>>;

export interface Failure {
  readonly code: ExitCode;
  /** The first says what, why and what to try; the others, where they are asked for, the causes. */
  readonly lines: readonly string[];
}

/** What is told of an error, and the exit code that it ends with. What nobody foresaw is a bug. */
export function describeFailure(
  error: unknown,
  { hints, verbose }: { readonly hints: Hints; readonly verbose: boolean },
): Failure {
  if (error instanceof StowageError) {
    const hint = hints[error.code] ?? generalHint(error);
    const line = hint === undefined ? error.message : `${error.message}; ${hint}`;
    return { code: exitCodeOf[error.code], lines: [line, ...(verbose ? causeLines(error.cause) : [])] };
  }
  const message = messageOf(error);
  if (!verbose) return { code: 1, lines: [`${message}; this is a bug, run it with --verbose to see where`] };
  return { code: 1, lines: [`${message}; this is a bug`, ...stackLines(error), ...causeLines(causeOf(error))] };
}

/** Tells a failure, and returns the exit code that it ends with. */
export function tellFailure({ code, lines: [first, ...rest] }: Failure, terminal: Terminal): ExitCode {
  terminal.tell(`stowage: ${first}`);
  for (const line of rest) terminal.tell(line);
  return code;
}

/** A store that its user may not touch is somebody else's, mostly root's. */
function generalHint(error: StowageError): string | undefined {
  if (error.code !== "permission-denied" || process.getuid?.() === 0) return undefined;
  return isErrno(error.cause, "EACCES", "EPERM") ? "run it as root" : undefined;
}

function causeLines(cause: unknown): readonly string[] {
  const chain: string[] = [];
  for (let at = cause; at !== undefined && chain.length < maxCauses; at = causeOf(at)) {
    chain.push(`  because: ${at instanceof Error ? `${at.name}: ` : ""}${messageOf(at)}`);
  }
  return chain;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : inspect(error);
}

/** A chain that is longer than this goes in a circle. */
const maxCauses = 20;

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function stackLines(error: unknown): readonly string[] {
  const frames = error instanceof Error ? (error.stack ?? "").split("\n") : [];
  return frames.filter((line) => /^ +at /.test(line)).map((line) => `  ${line.trim()}`);
}
