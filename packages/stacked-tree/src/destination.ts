import { closeSync, statSync } from "node:fs";
import { basename, dirname } from "node:path/posix";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";
import { openAt, openFlags, workingDirectory } from "@stowage/linux";
import type { TreeEntry } from "./tree-entry.ts";

/** Where entries of a tree go on the machine: below an open directory, which is closed with it. */
export interface Destination extends Disposable {
  readonly dirFd: number;
  /** The path below the directory for one in the tree; `""` is the directory itself. */
  pathOf(path: string): string;
}

/**
 * What `destination` means for an entry, as cp(1) reads it: a directory to put it in, or its new name. The destination is
 * the caller's word, so symlinks in it are followed. In a directory it is called `name`; `""` is for what is in it. Fails with `not-found` where the directory for it is missing, and
 * with `failed-precondition` where a file would have to be a directory.
 */
export function openDestination(
  entry: TreeEntry,
  destination: string,
  { name }: { readonly name: string },
): Destination {
  const kind = kindOf(destination);
  if (kind === "file" && entry.kind === "directory")
    throw refusal(destination, "it is a file, and a directory is to be copied");
  if (kind === "directory") return into(entry, destination, name);
  if (kind === "nothing" && destination.endsWith("/") && entry.kind !== "directory")
    throw refusal(destination, "there is no such directory");
  return into(entry, dirname(destination), bytesOf(basename(destination)));
}

function into(entry: TreeEntry, directory: string, name: string): Destination {
  const dirFd = openDirectory(directory);
  const pathOf = (path: string): string => {
    const below = path.slice(entry.path.length).replace(/^\//, "");
    return [name, below].filter((part) => part !== "").join("/");
  };
  return { dirFd, pathOf, [Symbol.dispose]: () => closeSync(dirFd) };
}

/** Names of trees are bytes as latin1, and the caller's are text. */
function bytesOf(name: string): string {
  return Buffer.from(name).toString("latin1");
}

function kindOf(path: string): "directory" | "file" | "nothing" {
  try {
    return statSync(path).isDirectory() ? "directory" : "file";
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return "nothing";
    throw asStorageError(cause, `copy to ${JSON.stringify(path)}`);
  }
}

function openDirectory(path: string): number {
  try {
    return openAt(workingDirectory, path, { flags: openFlags.readOnly | openFlags.directory });
  } catch (cause) {
    if (isErrno(cause, "ENOENT"))
      throw new StowageError("not-found", `Cannot copy to ${JSON.stringify(path)}: there is no such directory`, {
        cause,
      });
    throw asStorageError(cause, `copy to ${JSON.stringify(path)}`);
  }
}

function refusal(path: string, why: string): StowageError {
  return new StowageError("failed-precondition", `Cannot copy to ${JSON.stringify(path)}: ${why}`);
}
