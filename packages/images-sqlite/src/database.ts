import { DatabaseSync } from "node:sqlite";
import { type ErrorCode, StowageError } from "@stowage/errors";

/** What this version writes. A file of a newer one is refused unchanged; older ones would be brought forward here. */
const schemaVersion = 1;

/** Opens `stowage.db`, making its tables where they are missing. Every transaction is on the disk when it returns. */
export function openDatabase(path: string): DatabaseSync {
  return guarded(`open the image index "${path}"`, () => {
    const database = new DatabaseSync(path);
    try {
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
      prepareTables(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Runs `work` in one transaction: all of it, or, where it throws, nothing. */
export function transaction<Result>(database: DatabaseSync, work: () => Result): Result {
  return guarded("write the image index", () => {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  });
}

function prepareTables(database: DatabaseSync, path: string): void {
  const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (found > schemaVersion) {
    const why = `it is of version ${found}, and this stowage knows versions up to ${schemaVersion}`;
    throw new StowageError("failed-precondition", `Cannot open the image index "${path}": ${why}`);
  }
  if (found === schemaVersion) return;
  database.exec(`
    BEGIN;
    CREATE TABLE images (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      record TEXT NOT NULL,
      published_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE names (
      name TEXT PRIMARY KEY,
      image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX names_of_image ON names (image_id);
    PRAGMA user_version = ${schemaVersion};
    COMMIT;
  `);
}

/** SQLite's result codes (sqlite.org/rescode.html) as what they mean to a caller. */
const resultCodes: ReadonlyMap<number, readonly [ErrorCode, string]> = new Map<number, readonly [ErrorCode, string]>([
  [5, ["failed-precondition", "another process is writing it"]],
  [8, ["failed-precondition", "it is read-only"]],
  [10, ["data-loss", "the disk failed or is full"]],
  [11, ["data-loss", "the file is damaged"]],
  [13, ["resource-exhausted", "the disk is full"]],
  [14, ["failed-precondition", "the file cannot be opened"]],
  [26, ["data-loss", "the file is no database"]],
]);

function guarded<Result>(action: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Error) || !("errcode" in cause)) throw cause;
    const known = resultCodes.get(Number(cause.errcode) & 0xff);
    if (known === undefined) throw cause;
    throw new StowageError(known[0], `Cannot ${action}: ${known[1]}`, { cause });
  }
}
