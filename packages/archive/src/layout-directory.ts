import { closeSync } from "node:fs";
import { open } from "node:fs/promises";
import { isErrno } from "@stowage/errors";
import { openAt, openBeneath, openFlags, statFd, workingDirectory } from "@stowage/linux";
import { type ArchivedFile, type ArchiveFiles, brokenEntry, readRange } from "./archive-files.ts";

/** The files of a directory. No symlink in it is followed, and nothing but a regular file is opened. */
export function openLayoutDirectory(path: string): ArchiveFiles {
  const dirFd = openAt(workingDirectory, path, { flags: openFlags.path | openFlags.directory });
  return {
    find: (name) => Promise.resolve().then(() => findIn(dirFd, name)),
    [Symbol.asyncDispose]: () => Promise.resolve(closeSync(dirFd)),
  };
}

function findIn(dirFd: number, path: string): ArchivedFile | undefined {
  const fd = openPlace(dirFd, path);
  if (fd === undefined) return undefined;
  try {
    const { kind, size } = statFd(fd);
    if (kind !== "file") throw brokenEntry(path, `is a ${kind}`);
    return { size, read: (from = 0) => readIn(dirFd, path, { start: from, end: size }) };
  } finally {
    closeSync(fd);
  }
}

/** As a mere place first: a fifo that is opened for reading would wait. */
function openPlace(dirFd: number, path: string): number | undefined {
  try {
    return openBeneath(dirFd, path, { flags: openFlags.path | openFlags.noFollow, resolve: "beneath-no-symlinks" });
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR")) return undefined;
    if (isErrno(cause, "ELOOP")) throw brokenEntry(path, "is behind a symlink", { cause });
    throw cause;
  }
}

async function* readIn(
  dirFd: number,
  path: string,
  range: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const fd = openPlace(dirFd, path);
  if (fd === undefined) throw brokenEntry(path, "is gone");
  try {
    if (statFd(fd).kind !== "file") throw brokenEntry(path, "is no file any more");
    await using file = await open(`/proc/self/fd/${fd}`);
    yield* readRange(file, range);
  } finally {
    closeSync(fd);
  }
}
