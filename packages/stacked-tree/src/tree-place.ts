import { closeSync } from "node:fs";
import { basename, dirname } from "node:path/posix";
import { isErrno } from "@stowage/errors";
import { type FileStatus, openAt, openBeneath, openFlags, statAt, workingDirectory } from "@stowage/linux";

/** A name in an open directory of a layer, which no link on the way can turn into another place. */
export interface TreePlace {
  readonly dirFd: number;
  readonly name: Buffer;
  /** The same place for calls that take a path only. */
  readonly path: Buffer;
}

export interface TreeFile extends TreePlace {
  readonly status: FileStatus;
}

/** The last name of `path` (bytes as latin1; `""` is the root) in the directory that the rest of it leads to. */
export function placeIn(dirFd: number, path: string): TreePlace {
  const name = Buffer.from(basename(path) || ".", "latin1");
  return { dirFd, name, path: Buffer.concat([Buffer.from(`/proc/self/fd/${dirFd}/`), name]) };
}

/** What is there, a symlink itself; `undefined` where there is nothing. */
export function fileAt(place: TreePlace): TreeFile | undefined {
  try {
    return { ...place, status: statAt(place.dirFd, place.name) };
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    return undefined;
  }
}

/** Opens a directory of the layer at `root`, which the caller closes. No symlink on the way is followed. */
export function openDirectory(root: string, path: string): number {
  const rootFd = openAt(workingDirectory, root, { flags: directory });
  try {
    const bytes = Buffer.from(path || ".", "latin1");
    return openBeneath(rootFd, bytes, { flags: directory, resolve: "beneath-no-symlinks" });
  } finally {
    closeSync(rootFd);
  }
}

/** The place of `path` in the layer at `root`, closed with the value; `undefined` where its directory is missing. */
export function findPlace(root: string, path: string): (TreePlace & Disposable) | undefined {
  try {
    const dirFd = openDirectory(root, dirname(path));
    return { ...placeIn(dirFd, path), [Symbol.dispose]: () => closeSync(dirFd) };
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
    return undefined;
  }
}

const directory = openFlags.path | openFlags.directory;
