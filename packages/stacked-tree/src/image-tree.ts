import { closeSync } from "node:fs";
import { open } from "node:fs/promises";
import { type AbortOptions, asStorageError, StowageError } from "@stowage/errors";
import { findXattr, listXattrs, openAt, openFlags, statFd } from "@stowage/linux";
import { layersOf, type TreeMount } from "./image-layers.ts";
import { LayerStack } from "./layer-stack.ts";
import { Pace } from "./pace.ts";
import { resolvePath } from "./resolve-path.ts";
import { byBytes, entryOf, type TreeEntry } from "./tree-entry.ts";
import { findPlace } from "./tree-place.ts";

/**
 * The files of an image as its mounts would show them. Paths lead from the root of the image, with or without a slash in
 * front; they and all names are bytes as latin1. Nothing outside of the layers is ever looked at, whatever the image has
 * for symlinks, and nothing but a regular file is opened. Fails with `permission-denied` where this process may not read.
 */
export interface ImageTree extends Disposable {
  /** Follows symlinks within the image, the last one unless told not to; `undefined` where there is nothing. */
  find(path: string, options?: FindOptions): Promise<TreeEntry | undefined>;
  /** What is in a directory, by the bytes of the names. Fails with `not-found` where there is no directory. */
  list(path: string): Promise<readonly TreeEntry[]>;
  /** The bytes of a regular file; anything else is `failed-precondition`. */
  read(entry: TreeEntry): AsyncIterable<Uint8Array>;
  /** An entry and all that is below it, each directory before what is in it, in the order of `list`. */
  walk(path?: string): AsyncIterable<TreeEntry>;
  /** Extended attributes by name; overlayfs's own are none. */
  xattrs(entry: TreeEntry): ReadonlyMap<string, Uint8Array>;
  /** The layers that have a part in a directory. Where two trees have the same ones, all below it is the same. */
  layersOf(directory: TreeEntry): Promise<readonly string[]>;
}

export interface FindOptions {
  /** Whether a symlink at the end is followed; it is if nothing is said. */
  readonly followLast?: boolean | undefined;
}

/** Opens the files below one overlay or one bind mount, read from the directories themselves: nothing is mounted. */
export function openImageTree(mounts: readonly TreeMount[], { signal }: AbortOptions = {}): ImageTree {
  return new StackTree(new LayerStack(layersOf(mounts), new Pace(signal)));
}

class StackTree implements ImageTree {
  readonly #stack: LayerStack;

  constructor(stack: LayerStack) {
    this.#stack = stack;
  }

  [Symbol.dispose](): void {
    this.#stack[Symbol.dispose]();
  }

  async find(path: string, { followLast = true }: FindOptions = {}): Promise<TreeEntry | undefined> {
    return await reading(path, () => resolvePath((at) => this.#entry(at), path, { followLast }));
  }

  async list(path: string): Promise<readonly TreeEntry[]> {
    const directory = await this.find(path);
    if (directory?.kind !== "directory")
      throw new StowageError("not-found", `Cannot list ${quote(path)}: there is no such directory in the image`);
    return await this.#list(directory.path);
  }

  async *read(entry: TreeEntry): AsyncGenerator<Uint8Array, void, undefined> {
    const { fd } = await reading(entry.path, () => Promise.resolve(openFile(entry)));
    await using file = await closing(fd, open(`/proc/self/fd/${fd}`));
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(blockBytes), 0, blockBytes);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async *walk(path = ""): AsyncGenerator<TreeEntry, void, undefined> {
    const start = await this.find(path, { followLast: false });
    if (start === undefined) return;
    const levels = [[start]]; // of each directory on the way, what is still to come, the next one at the end
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const entry = level.pop();
      if (entry === undefined) levels.pop();
      else yield entry;
      if (entry?.kind === "directory") levels.push((await this.#list(entry.path)).toReversed());
    }
  }

  xattrs(entry: TreeEntry): ReadonlyMap<string, Uint8Array> {
    using place = findPlace(entry.layer, entry.path);
    if (place === undefined) throw gone(entry);
    const values = new Map<string, Uint8Array>();
    for (const name of listXattrs(place.path)) {
      const value = overlayOwn.test(String(name)) ? undefined : findXattr(place.path, name);
      if (value !== undefined) values.set(name.toString("latin1"), value);
    }
    return values;
  }

  async layersOf({ path }: TreeEntry): Promise<readonly string[]> {
    return await reading(path, () => this.#stack.holdersOf(path));
  }

  async #entry(path: string): Promise<TreeEntry | undefined> {
    return await this.#stack.look(path, (file) => entryOf(path, file));
  }

  async #list(directory: string): Promise<TreeEntry[]> {
    const prefix = directory === "" ? "" : `${directory}/`;
    const entries = await reading(directory, () =>
      this.#stack.list(directory, (file, name) => entryOf(`${prefix}${name}`, file)),
    );
    return [...entries.values()].toSorted((one, other) => byBytes(one.path, other.path));
  }
}

/** As a mere place first: what is not a regular file may do something when it is opened. */
function openFile(entry: TreeEntry): { readonly fd: number } {
  using place = findPlace(entry.layer, entry.path);
  if (place === undefined) throw gone(entry);
  const fd = openAt(place.dirFd, place.name, { flags: openFlags.path | openFlags.noFollow });
  const { kind } = statFd(fd);
  if (kind === "file") return { fd };
  closeSync(fd);
  throw new StowageError("failed-precondition", `Cannot read ${quote(entry.path)}: it is a ${kind}`);
}

async function closing<Result>(fd: number, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } finally {
    closeSync(fd);
  }
}

async function reading<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    throw asStorageError(cause, `read ${quote(path)} of image`);
  }
}

function gone({ path }: TreeEntry): StowageError {
  return new StowageError("failed-precondition", `Cannot read ${quote(path)}: it is gone from its layer`);
}

/** Names of an image come from outside. */
function quote(path: string): string {
  return JSON.stringify(path.slice(0, 255));
}

const overlayOwn = /^(?:trusted|user)\.overlay\./;

const blockBytes = 256 * 1024;
