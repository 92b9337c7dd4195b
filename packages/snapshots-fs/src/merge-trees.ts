import { closeSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path/posix";
import type { AbortOptions } from "@stowage/errors";
import { linkAt, makeDirAt } from "@stowage/linux";
import {
  fileAt,
  findPlace,
  isOpaque,
  isWhiteout,
  openDirectory,
  Pace,
  placeIn,
  type TreeFile,
  type TreePlace,
} from "@stowage/stacked-tree";
import { CopyAllowance } from "./copy-file.ts";
import { copyAttributes, copyUp } from "./copy-up.ts";

export interface MergedTrees {
  /** A whole tree, without marks for overlayfs; it is copied. */
  readonly lower?: string | undefined;
  /** A layer over it, with such marks; its files get second names in the target. */
  readonly upper?: string | undefined;
  /** An empty directory on the file system of both. */
  readonly target: string;
}

/**
 * Makes a tree of what a layer and the tree below it show together: what overlayfs would show, without it. Holes, owners, modes,
 * times, attributes, and hard links within the lower tree and within the layer are kept.
 */
export async function mergeTrees(trees: MergedTrees, { signal }: AbortOptions = {}): Promise<void> {
  const merging: Merging = {
    ...trees,
    signal,
    pace: new Pace(signal),
    allowance: new CopyAllowance(Number.POSITIVE_INFINITY),
    links: new Map(),
  };
  const waiting: Part[] = [{ path: "", hasLower: trees.lower !== undefined, hasUpper: trees.upper !== undefined }];
  const made: Part[] = [];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    made.push(part);
    waiting.push(...(await mergeDirectory(merging, part)));
  }
  // Inner ones first: what is made in a directory changes its times.
  for (const part of made.toReversed()) {
    await merging.pace.step();
    describeDirectory(merging, part);
  }
}

interface Merging extends MergedTrees {
  readonly signal: AbortSignal | undefined;
  readonly pace: Pace;
  readonly allowance: CopyAllowance;
  /** Where files of the lower tree that have several names went, by their inodes. */
  readonly links: Map<bigint, string>;
}

/** A directory of the target, and which of the trees have a part in it. */
interface Part {
  /** Bytes, one a character. */
  readonly path: string;
  readonly hasLower: boolean;
  readonly hasUpper: boolean;
}

/** Fills a directory but for those in it, which it makes and returns. */
async function mergeDirectory(merging: Merging, part: Part): Promise<readonly Part[]> {
  const { path, hasUpper, hasLower } = part;
  const inner: Part[] = [];
  using target = openPart(merging.target, path);
  using upper = hasUpper ? openPart(merging.upper, path) : undefined;
  using lower = hasLower ? openPart(merging.lower, path) : undefined;
  const own = await filesIn(merging, upper);
  for (const file of own.values()) {
    if (isWhiteout(file)) continue;
    if (file.status.kind === "directory") inner.push(makeInner(target, { path, file, isUpper: true, lower }));
    else linkAt(file, { dirFd: target.dirFd, name: file.name });
  }
  for (const [name, file] of await filesIn(merging, lower)) {
    if (own.has(name)) continue;
    if (file.status.kind === "directory") inner.push(makeInner(target, { path, file, isUpper: false, lower }));
    else await copyOnce(merging, file, { path: join(path, name), place: placeIn(target.dirFd, name) });
  }
  return inner;
}

interface OpenPart extends Disposable {
  readonly dirFd: number;
}

function openPart(root: string | undefined, path: string): OpenPart {
  if (root === undefined) throw new Error("a tree that is not there has no part");
  const dirFd = openDirectory(root, path);
  return { dirFd, [Symbol.dispose]: () => closeSync(dirFd) };
}

/** What is in a directory, by name. */
async function filesIn({ pace }: Merging, part: OpenPart | undefined): Promise<ReadonlyMap<string, TreeFile>> {
  const files = new Map<string, TreeFile>();
  if (part === undefined) return files;
  for (const name of await readdir(`/proc/self/fd/${part.dirFd}`, { encoding: "latin1" })) {
    await pace.step();
    const file = fileAt(placeIn(part.dirFd, name));
    if (file !== undefined) files.set(name, file);
  }
  return files;
}

interface InnerDirectory {
  readonly path: string;
  /** What decides its looks. */
  readonly file: TreeFile;
  readonly isUpper: boolean;
  /** The directory of the lower tree that it may go on. */
  readonly lower: OpenPart | undefined;
}

function makeInner(target: OpenPart, { path, file, isUpper, lower }: InnerDirectory): Part {
  const name = file.name.toString("latin1");
  makeDirAt(target.dirFd, file.name, unfinishedMode);
  const below = lower === undefined ? undefined : fileAt(placeIn(lower.dirFd, name));
  const isHidden = isUpper && isOpaque(file);
  return { path: join(path, name), hasLower: !isHidden && below?.status.kind === "directory", hasUpper: isUpper };
}

/** Nobody else may enter a directory before it is described. */
const unfinishedMode = 0o700;

function missing(): never {
  throw new Error("a file that was copied is gone");
}

async function copyOnce(
  merging: Merging,
  file: TreeFile,
  { path, place }: { readonly path: string; readonly place: TreePlace },
): Promise<void> {
  const { inode, links } = file.status;
  const copied = merging.links.get(inode);
  if (copied === undefined) {
    await copyUp(file, place, merging);
    if (links > 1) merging.links.set(inode, path);
    return;
  }
  using first = findPlace(merging.target, copied);
  linkAt(first ?? missing(), place);
}

function describeDirectory({ lower, upper, target }: Merging, { path, hasUpper }: Part): void {
  using place = findPlace(target, path);
  using from = findPlace((hasUpper ? upper : lower) ?? target, path);
  const looks = from === undefined ? undefined : fileAt(from);
  if (place !== undefined && looks !== undefined) copyAttributes(looks, place);
}
