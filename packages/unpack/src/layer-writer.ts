import { closeSync, ftruncateSync, writeSync } from "node:fs";
import { isErrno } from "@stowage/errors";
import {
  isMachineRoot,
  linkAt,
  makeNodeAt,
  nodeKinds,
  openAt,
  openFlags,
  statAt,
  statFd,
  symlinkAt,
} from "@stowage/linux";
import type { TarEntry, TarSink } from "@stowage/tar";
import type { TarSplitEncoder } from "@stowage/tar-split";
import { defaultAcl, describeAt, describeOpen, removeXattrs, setFileTimes } from "./entry-metadata.ts";
import { cutPath, joinPath, parentOf, parseWhiteout, splitPath } from "./layer-path.ts";
import type { DirectoryRecord, LayerPlace, LayerTree } from "./layer-tree.ts";
import type { UnpackLimits } from "./limits.ts";
import { refuseEntry, unpacking } from "./unpack-error.ts";

/** What a layer asks for that can only be settled when all of its entries are in. Paths are free of symlinks. */
export interface PendingWork {
  /** Names to hide. */
  readonly whiteouts: Set<string>;
  /** Directories that hide all below them. */
  readonly opaque: Set<string>;
  /** Hard links whose target was not there, by their own path. */
  readonly links: Map<string, PendingLink>;
}

export interface PendingLink {
  readonly target: string;
  /** The directory that the link was put in. When that was replaced since, the link went with it. */
  readonly directory: DirectoryRecord | undefined;
}

/** Writes the entries of one archive as files of a layer. */
export class LayerWriter implements TarSink, Disposable {
  readonly pending: PendingWork = { whiteouts: new Set(), opaque: new Set(), links: new Map() };
  readonly #tree: LayerTree;
  readonly #limits: UnpackLimits;
  /** Where it is written down what the archive is beside these files. */
  readonly #split: TarSplitEncoder | undefined;
  #bytes = 0;
  #file: OpenFile | undefined;

  constructor(tree: LayerTree, limits: UnpackLimits, split?: TarSplitEncoder) {
    this.#tree = tree;
    this.#limits = limits;
    this.#split = split;
  }

  entry(entry: TarEntry): void {
    this.#bytes += entry.size;
    if (this.#bytes > this.#limits.bytes)
      throw refuseEntry(entry.name, `the files of the layer have more than ${this.#limits.bytes} bytes`);
    this.#split?.entry();
    unpacking(entry.name, () => this.#place(entry));
  }

  framing(bytes: Uint8Array): void {
    this.#split?.framing(bytes);
  }

  data(chunk: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) return this.#split?.framing(chunk); // of a whiteout, which is no file
    unpacking(file.entry.name, () => write(file, chunk));
    file.split?.body(chunk);
  }

  hole(bytes: number): void {
    if (this.#file !== undefined) this.#file.position += bytes;
  }

  endEntry(): void {
    const file = this.#file;
    if (file === undefined) return;
    unpacking(file.entry.name, () => this.#finishFile(file));
    file.split?.endFile();
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
  }

  #place(entry: TarEntry): void {
    const { directory, name } = cutPath(entry.name) ?? cleaned(entry.name);
    if (name === undefined) return this.#describeRoot(entry);
    const whiteout = parseWhiteout(name);
    const parent = this.#tree.enter(directory);
    if (whiteout?.kind === "opaque") this.pending.opaque.add(parent);
    else if (whiteout !== undefined) this.pending.whiteouts.add(joinPath(parent, whiteout.name));
    else this.#create(entry, joinPath(parent, name));
  }

  #describeRoot(entry: TarEntry): void {
    if (entry.kind !== "directory") throw refuseEntry(entry.name, `the root of a layer cannot be a ${entry.kind}`);
    this.#describeDirectory(entry, "");
  }

  #create(entry: TarEntry, path: string): void {
    this.pending.links.delete(path);
    switch (entry.kind) {
      case "directory":
        return this.#directory(entry, path);
      case "file":
        return this.#startFile(entry, path);
      case "hardlink":
        return this.#hardLink(entry, path);
      case "symlink":
        return this.#special(entry, path, ({ dirFd, name }) =>
          symlinkAt(Buffer.from(entry.linkName, "latin1"), dirFd, name),
        );
      case "fifo":
      case "character":
      case "block": {
        verifyDevice(entry);
        if (entry.kind !== "fifo" && !mayMakeDevices) return this.#leaveOut(path);
        const node = { mode: nodeKinds[entry.kind] | 0o600, major: entry.deviceMajor, minor: entry.deviceMinor };
        return this.#special(entry, path, ({ dirFd, name }) => makeNodeAt(dirFd, name, node));
      }
    }
  }

  /** A directory over a directory keeps what is in it and takes the new description. */
  #directory(entry: TarEntry, path: string): void {
    if (!this.#tree.directories.has(path)) this.#replacing(path, () => this.#tree.make(path));
    this.#describeDirectory(entry, path);
  }

  #describeDirectory(entry: TarEntry, path: string): void {
    const fd = this.#tree.open(path);
    if (this.#tree.directories.get(path)?.mtime !== undefined) removeXattrs(fd); // an earlier entry's
    describeOpen(fd, entry, statFd(fd));
    this.#tree.describe(path, { mtime: entry.mtime, defaultAcl: entry.xattrs.get(defaultAcl) });
  }

  #startFile(entry: TarEntry, path: string): void {
    const mode = entry.mode & 0o777; // most often it stays
    const fd = this.#replacing(path, ({ dirFd, name }) => openAt(dirFd, name, { flags: newFile, mode }));
    const split = entry.isSparse === true ? undefined : this.#split; // what is stored of such a file is framing
    this.#file = { fd, entry, split, position: 0, end: 0 };
    split?.startFile(path);
  }

  #finishFile({ fd, entry, position, end }: OpenFile): void {
    if (position !== end) ftruncateSync(fd, position);
    const status = statFd(fd);
    if (describeOpen(fd, entry, status)) this.#tree.count(statFd(fd));
    else this.#tree.count(status);
    setFileTimes(fd, entry.mtime);
    this.#file = undefined;
    closeSync(fd);
  }

  #special(entry: TarEntry, path: string, make: (place: LayerPlace) => void): void {
    this.#replacing(path, make);
    const place = this.#tree.place(path);
    describeAt(place, entry);
    this.#tree.count(statAt(place.dirFd, place.name));
  }

  /** Leaves nothing at a path, for the time being or because only root can make what belongs there. */
  #leaveOut(path: string): void {
    if (this.#tree.find(path) !== undefined) this.#tree.remove(path);
  }

  /** A link to what is not here stays pending: it may come later, or stand in a layer below. */
  #hardLink(entry: TarEntry, path: string): void {
    const names = splitPath(entry.linkName);
    const last = names.at(-1);
    if (last === undefined) throw refuseEntry(entry.name, "it is a hard link to the root");
    const target = joinPath(this.#tree.resolve(names.slice(0, -1)), last);
    const found = this.#tree.find(target);
    if (found?.kind === "directory") throw refuseEntry(entry.name, "it is a hard link to a directory");
    if (found === undefined) {
      this.#leaveOut(path);
      this.pending.links.set(path, { target, directory: this.#tree.directories.get(parentOf(path)) });
      return;
    }
    if (target !== path) this.#replacing(path, (to) => linkAt(this.#tree.place(target), to));
    const place = this.#tree.place(path);
    describeAt(place, found.kind === "symlink" ? { ...entry, kind: "symlink" } : entry, found);
    if (entry.xattrs.size > 0) this.#tree.recount(found, statAt(place.dirFd, place.name));
  }

  /** Makes something, and if its place is taken, again when that is free: of two entries the later counts. */
  #replacing<Result>(path: string, make: (place: LayerPlace) => Result): Result {
    try {
      return make(this.#tree.place(path));
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
    this.#tree.remove(path);
    return make(this.#tree.place(path));
  }
}

/** A path without its detours, which at their end may lead to the root. */
function cleaned(path: string): { readonly directory: string; readonly name: string | undefined } {
  const names = splitPath(path);
  return { directory: names.slice(0, -1).join("/"), name: names.at(-1) };
}

interface OpenFile {
  readonly fd: number;
  readonly entry: TarEntry;
  /** Told of its bytes. */
  readonly split: TarSplitEncoder | undefined;
  /** Where the next byte goes. */
  position: number;
  /** Where the file ends by now: before `position`, when a hole came last. */
  end: number;
}

function write(file: OpenFile, chunk: Uint8Array): void {
  for (let written = 0; written < chunk.byteLength; ) {
    const length = Math.min(maxWriteBytes, chunk.byteLength - written);
    const count = writeSync(file.fd, chunk, written, length, file.position);
    written += count;
    file.position += count;
  }
  file.end = file.position;
}

const mayMakeDevices = isMachineRoot();

/** The kernel looks for free memory in one piece for each write, and a guest's large free pieces are often its host's. */
const maxWriteBytes = 128 * 1024;

/** Character 0:0 is overlayfs's whiteout, and a number that the kernel would cut off could turn into it. */
function verifyDevice({ kind, name, deviceMajor, deviceMinor }: TarEntry): void {
  if (deviceMajor > 0xfff || deviceMinor > 0xfffff)
    throw refuseEntry(name, `no device has the number ${deviceMajor}:${deviceMinor}`);
  if (kind === "character" && deviceMajor === 0 && deviceMinor === 0)
    throw refuseEntry(name, "it is a whiteout of overlayfs in disguise");
}

const newFile = openFlags.writeOnly | openFlags.create | openFlags.exclusive | openFlags.noFollow;
