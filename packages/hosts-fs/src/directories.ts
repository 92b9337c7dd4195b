import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";

/** Whether a directory is there. Fails with `invalid-argument` where something else has its name. */
export async function isDirectory(path: string): Promise<boolean> {
  const found = await orAbsent(stat(path), path);
  if (found !== undefined && !found.isDirectory()) {
    throw new StowageError("invalid-argument", `Cannot read "${path}": it is not a directory`);
  }
  return found !== undefined;
}

/** What a directory has beside directories, by name; nothing where it is not there. */
export async function listFiles(path: string): Promise<readonly string[]> {
  const entries: readonly Dirent[] = (await orAbsent(readdir(path, { withFileTypes: true }), path)) ?? [];
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

async function orAbsent<T>(found: Promise<T>, path: string): Promise<T | undefined> {
  try {
    return await found;
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR")) return undefined;
    throw asStorageError(cause, `read "${path}"`);
  }
}
