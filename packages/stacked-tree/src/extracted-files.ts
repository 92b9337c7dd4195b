import { randomUUID } from "node:crypto";
import { closeSync } from "node:fs";
import { open } from "node:fs/promises";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";
import {
  changeMode,
  changeModeAt,
  changeOwner,
  changeOwnerAt,
  linkAt,
  makeDirAt,
  makeNodeAt,
  nodeKinds,
  openAt,
  openBeneath,
  openFlags,
  renameAt,
  setTimes,
  setTimesAt,
  setXattr,
  symlinkAt,
  unlinkAt,
  writeAt,
} from "@stowage/linux";
import type { ImageTree } from "./image-tree.ts";
import type { TreeEntry } from "./tree-entry.ts";

/** Makes the entries of a tree below an open directory. Every file is made under a name of its own and then renamed. */
export class ExtractedFiles implements Disposable {
  readonly #tree: ImageTree;
  readonly #root: number;
  readonly #owners: boolean;
  /** To be described when all is in them, because they may be closed to us then and their times change. */
  readonly #directories: { readonly entry: TreeEntry; readonly path: string }[] = [];
  /** Where files with several names went first. */
  readonly #links = new Map<string, string>();
  #parent: { readonly path: string; readonly fd: number } | undefined;

  constructor(tree: ImageTree, root: number, { owners }: { readonly owners: boolean }) {
    this.#tree = tree;
    this.#root = root;
    this.#owners = owners;
  }

  [Symbol.dispose](): void {
    if (this.#parent !== undefined) closeSync(this.#parent.fd);
    this.#parent = undefined;
  }

  /** Parents come before what is in them. The path `""` is the directory that all is below. */
  async make(entry: TreeEntry, path: string): Promise<void> {
    try {
      if (entry.kind === "directory") this.#makeDirectory(entry, path);
      else await this.#makeFile(entry, path);
    } catch (cause) {
      throw copyError(cause, path);
    }
  }

  /** Gives the directories that were made their owners, modes and times, when all is in them. */
  describeDirectories(): void {
    for (const { entry, path } of this.#directories.toReversed()) {
      try {
        this.#describeDirectory(entry, path);
      } catch (cause) {
        throw copyError(cause, path);
      }
    }
  }

  #describeDirectory(entry: TreeEntry, path: string): void {
    const fd = openBeneath(this.#root, bytes(path), { flags: directory, resolve: "beneath-no-symlinks" });
    try {
      this.#describe(fd, entry);
    } finally {
      closeSync(fd);
    }
  }

  /** One that is there stays as it is looked at from outside; what is in it is added to. */
  #makeDirectory(entry: TreeEntry, path: string): void {
    if (path === "") return;
    const [dirFd, name] = this.#place(path);
    try {
      makeDirAt(dirFd, name, unfinishedMode);
      this.#directories.push({ entry, path });
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      closeSync(openAt(dirFd, name, { flags: directory })); // anything but a directory is in the way
    }
  }

  async #makeFile(entry: TreeEntry, path: string): Promise<void> {
    const [dirFd, name] = this.#place(path);
    const unfinished = Buffer.from(`.${randomUUID()}`);
    try {
      await this.#fill(entry, { path, dirFd, name: unfinished });
      renameAt({ dirFd, name: unfinished }, { dirFd, name });
    } finally {
      removeIfThere(dirFd, unfinished); // also where both were names of one file already
    }
  }

  async #fill(entry: TreeEntry, place: NewPlace): Promise<void> {
    const { dirFd, name, path } = place;
    if (entry.kind === "file") return await this.#fillFile(entry, place);
    if (entry.kind === "symlink") symlinkAt(bytes(entry.linkTarget), dirFd, name);
    else if (entry.kind === "fifo" || entry.kind === "character" || entry.kind === "block") {
      const { deviceMajor: major, deviceMinor: minor } = entry;
      makeNodeAt(dirFd, name, { mode: nodeKinds[entry.kind] | 0o600, major, minor });
    } else throw new Error(`a ${entry.kind} cannot be made: ${path}`);
    this.#describeAt(entry, place);
  }

  async #fillFile(entry: TreeEntry, { dirFd, name, path }: NewPlace): Promise<void> {
    const key = `${entry.device}/${entry.inode}`;
    const first = entry.links > 1 ? this.#links.get(key) : undefined;
    if (first !== undefined) return this.#link(first, { dirFd, name });
    const fd = openAt(dirFd, name, { flags: newFile, mode: 0o600 });
    try {
      await copyBlocks(this.#tree.read(entry), fd);
      this.#describe(fd, entry);
    } finally {
      closeSync(fd);
    }
    if (entry.links > 1) this.#links.set(key, path);
  }

  #link(first: string, to: { readonly dirFd: number; readonly name: Buffer }): void {
    const from = openBeneath(this.#root, bytes(parentOf(first) || "."), {
      flags: directory,
      resolve: "beneath-no-symlinks",
    });
    try {
      linkAt({ dirFd: from, name: bytes(baseOf(first)) }, to);
    } finally {
      closeSync(from);
    }
  }

  /** Times last: the others change them. */
  #describe(fd: number, entry: TreeEntry): void {
    if (this.#owners) changeOwner(fd, entry);
    for (const [name, value] of this.#tree.xattrs(entry))
      if (this.#owners || name.startsWith("user.")) trySetXattr(fd, name, value);
    changeMode(fd, this.#modeOf(entry));
    setTimes(fd, { accessed: entry.mtime, modified: entry.mtime });
  }

  #describeAt(entry: TreeEntry, { dirFd, name }: NewPlace): void {
    if (this.#owners) changeOwnerAt(dirFd, name, entry);
    if (entry.kind !== "symlink") changeModeAt(dirFd, name, this.#modeOf(entry));
    setTimesAt(dirFd, name, { accessed: entry.mtime, modified: entry.mtime });
  }

  /** A file that runs as its owner must not become one that runs as somebody else. */
  #modeOf({ mode }: TreeEntry): number {
    return this.#owners ? mode : mode & 0o1777;
  }

  /** The open directory of a path and the name in it. No symlink leads there. */
  #place(path: string): readonly [number, Buffer] {
    const parent = parentOf(path);
    if (this.#parent?.path !== parent) {
      const fd = openBeneath(this.#root, bytes(parent || "."), { flags: directory, resolve: "beneath-no-symlinks" });
      this[Symbol.dispose]();
      this.#parent = { path: parent, fd };
    }
    return [this.#parent.fd, bytes(baseOf(path))];
  }
}

interface NewPlace {
  readonly dirFd: number;
  readonly name: Buffer;
  /** The path that it gets. */
  readonly path: string;
}

/** Blocks of zeros stay holes: a file of an image may read as far more than there is disk. */
async function copyBlocks(blocks: AsyncIterable<Uint8Array>, fd: number): Promise<void> {
  await using file = await open(`/proc/self/fd/${fd}`, "r+");
  let at = 0;
  for await (const block of blocks) {
    if (block.some((byte) => byte !== 0)) await writeAt(file, block, at);
    at += block.byteLength;
  }
  await file.truncate(at);
}

function removeIfThere(dirFd: number, name: Buffer): void {
  try {
    unlinkAt(dirFd, name);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

/** Some file systems know no attributes; cp(1) goes on without them, too. */
function trySetXattr(fd: number, name: string, value: Uint8Array): void {
  try {
    setXattr(fd, bytes(name), value);
  } catch (error) {
    if (!isErrno(error, "ENOTSUP", "EOPNOTSUPP")) throw error;
  }
}

function copyError(cause: unknown, path: string): unknown {
  return isErrno(cause, "ELOOP", "ENOTDIR") ? inTheWay(path, cause) : asStorageError(cause, `copy ${quote(path)}`);
}

function inTheWay(path: string, cause: unknown): StowageError {
  return new StowageError(
    "failed-precondition",
    `Cannot copy ${quote(path)}: something else than a directory is in the way`,
    { cause },
  );
}

function bytes(path: string): Buffer {
  return Buffer.from(path, "latin1");
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function quote(path: string): string {
  return JSON.stringify(path.slice(0, 255));
}

/** Nobody else may enter a directory before it is described. */
const unfinishedMode = 0o700;

const directory = openFlags.readOnly | openFlags.directory | openFlags.noFollow;
const newFile = openFlags.writeOnly | openFlags.create | openFlags.exclusive | openFlags.noFollow;
