import { closeSync } from "node:fs";
import { basename, dirname } from "node:path/posix";
import { isErrno } from "@stowage/errors";
import { type FileStatus, openAt, openBeneath, openFlags, statAt, workingDirectory } from "@stowage/linux";

/** A name in an open directory of a layer, which no link on the way can turn into another place. Closed with the value. */
export interface TreePlace extends Disposable {
  readonly dirFd: number;
  readonly name: Buffer;
  /** The same place for calls that take a path only. */
  readonly path: Buffer;
}

export interface TreeFile extends TreePlace {
  readonly status: FileStatus;
}

/** The place of `path` (bytes as latin1; `""` is the root) in the layer at `root`; `undefined` where its directory is missing. */
export function findPlace(root: string, path: string): TreePlace | undefined {
  const rootFd = openAt(workingDirectory, root, { flags: directory });
  try {
    const parent = Buffer.from(dirname(path), "latin1");
    const dirFd = openBeneath(rootFd, parent, { flags: directory, resolve: "beneath-no-symlinks" });
    const name = Buffer.from(basename(path) || ".", "latin1");
    const proc = Buffer.concat([Buffer.from(`/proc/self/fd/${dirFd}/`), name]);
    return { dirFd, name, path: proc, [Symbol.dispose]: () => closeSync(dirFd) };
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  } finally {
    closeSync(rootFd);
  }
}

/** What is at `path`, a symlink itself; `undefined` where there is nothing. */
export function findFile(root: string, path: string): TreeFile | undefined {
  const place = findPlace(root, path);
  if (place === undefined) return undefined;
  try {
    return { ...place, status: statAt(place.dirFd, place.name) };
  } catch (error) {
    place[Symbol.dispose]();
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

const directory = openFlags.path | openFlags.directory;
