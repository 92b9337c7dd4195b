import { type ErrorCode, StowageError } from "@stowage/errors";

/** What SQLite throws, as what it means to a caller; anything else as it came. `action` completes "Cannot …". */
export function asDatabaseError(error: unknown, action: string): unknown {
  const known = resultCodes.get(resultCodeOf(error) ?? 0);
  return known === undefined ? error : new StowageError(known[0], `Cannot ${action}: ${known[1]}`, { cause: error });
}

/** Whether there was no room for a write. */
export function isDiskFull(error: unknown): boolean {
  return resultCodeOf(error) === full;
}

/** The primary result code of an error of SQLite's (sqlite.org/rescode.html). */
function resultCodeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : undefined;
}

const full = 13;

const resultCodes: ReadonlyMap<number, readonly [ErrorCode, string]> = new Map<number, readonly [ErrorCode, string]>([
  [5, ["failed-precondition", "another process is writing it"]],
  [8, ["failed-precondition", "it is read-only"]],
  [10, ["data-loss", "the disk failed"]],
  [11, ["data-loss", "the file is damaged"]],
  [full, ["resource-exhausted", "the disk is full"]],
  [14, ["failed-precondition", "the file cannot be opened"]],
  [26, ["data-loss", "the file is no database"]],
]);
