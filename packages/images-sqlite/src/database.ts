import { DatabaseSync } from "node:sqlite";
import { StowageError } from "@stowage/errors";
import { asDatabaseError } from "./database-error.ts";

/** What this version writes. A file of a newer one is refused unchanged; an older one is brought forward. */
const schemaVersion = 5;

/** Opens `stowage.db`, making its tables where they are missing. Fails with `data-loss` for a damaged file. */
export function openDatabase(path: string, { isDurable }: { readonly isDurable: boolean }): DatabaseSync {
  try {
    const database = new DatabaseSync(path);
    try {
      // Nobody else may read it either: so it needs no file of shared memory.
      database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON");
      database.exec(`PRAGMA synchronous = ${isDurable ? "FULL" : "NORMAL"}`);
      prepareTables(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw asDatabaseError(error, `open the image index "${path}"`);
  }
}

function prepareTables(database: DatabaseSync, path: string): void {
  const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (found > schemaVersion) {
    const why = `it is of version ${found}, and this stowage knows versions up to ${schemaVersion}`;
    throw new StowageError("failed-precondition", `Cannot open the image index "${path}": ${why}`);
  }
  if (found === schemaVersion) return;
  const changes = changesByVersion.slice(found).join("");
  database.exec(`BEGIN; ${changes} PRAGMA user_version = ${schemaVersion}; COMMIT;`);
}

/** What brings the tables of version 0, 1, … to the next one. The ids of images, and names, are their keys: the handler is in them. */
const changesByVersion: readonly string[] = [
  `
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
  `,
  `
    CREATE TABLE leases (holder TEXT PRIMARY KEY, lease TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE damage (resource TEXT PRIMARY KEY, why TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE marks (mark TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
    CREATE TABLE pins (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
  `
    CREATE TABLE containers (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      record TEXT NOT NULL
    ) STRICT;
  `,
  "ALTER TABLE images ADD COLUMN previous_name TEXT;",
];
