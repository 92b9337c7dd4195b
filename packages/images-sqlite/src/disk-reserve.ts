import { closeSync, existsSync, openSync, rmSync, writeSync } from "node:fs";
import { isStowageError } from "@stowage/errors";

/** Some transactions' worth: enough to forget images until their disk is given back. */
const reserveBytes = 512 * 1024;

/** A file that only takes room, so that there is some when a full disk is to be made less full. */
export class DiskReserve {
  readonly #path: string;
  #isFull = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes the room, where there is any. */
  fill(): void {
    if (this.#isFull) return;
    try {
      writeZeros(this.#path, reserveBytes);
      this.#isFull = true;
    } catch {
      removeReserve(this.#path); // later, when there is room
    }
  }

  /** Does `work`; where it fails as `isFull` tells, gives the room up and does it once more. */
  orGiveUp<Result>(work: () => Result, isFull: (error: unknown) => boolean): Result {
    try {
      return work();
    } catch (error) {
      if (!isFull(error) || !this.#isFull) throw error;
      this.#isFull = false;
      rmSync(this.#path, { force: true });
      return work();
    }
  }
}

/** Where the reserve of the database at `path` is. */
export function reservePath(path: string): string {
  return `${path}-reserve`;
}

/**
 * Opens a database. SQLite makes a file for that: a full disk has room for it where the reserve of an earlier process goes. Where
 * the database is closed again already, the place is kept for the next who opens it.
 */
export function orWithoutReserve<Result>(reserve: string, open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    const isWorthIt = isStowageError(error, "resource-exhausted") || isStowageError(error, "failed-precondition");
    if (!isWorthIt || !removeReserve(reserve)) throw error;
    const result = open();
    keepPlace(reserve);
    return result;
  }
}

function keepPlace(path: string): void {
  try {
    closeSync(openSync(path, "w", 0o600));
  } catch {
    // What was opened has it.
  }
}

function removeReserve(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    rmSync(path);
    return true;
  } catch {
    return false; // then that is not what helps
  }
}

/** Makes a file of real blocks. Fails where they do not all fit. */
function writeZeros(path: string, bytes: number): void {
  const file = openSync(path, "w", 0o600);
  try {
    for (let at = 0; at < bytes; ) at += writeSync(file, new Uint8Array(bytes - at), 0, bytes - at, at);
  } finally {
    closeSync(file);
  }
}
