import { dirname } from "node:path/posix";
import { type AbortOptions, isErrno, StowageError } from "@stowage/errors";
import { changeModeAt, linkAt, makeDirAt, renameAt, setTimesAt, statAt, unlinkAt } from "@stowage/linux";
import type { UnpackedLayer } from "@stowage/snapshots";
import { fileAt, findPlace, LayerStack, Pace, type TreePlace } from "@stowage/stacked-tree";
import { CopyAllowance } from "./copy-file.ts";
import { copyAttributes, copyUp } from "./copy-up.ts";
import { hideBelowRoot } from "./hide-below-root.ts";

/** A layer that was unpacked without its parents, and where their trees are, top first. */
export interface UnsettledLayer {
  /** The tree. Beside it, in the directory that it is in, is room for files that are not whole yet. */
  readonly root: string;
  readonly layer: UnpackedLayer;
  readonly lowers: readonly string[];
  readonly taken: Taken;
}

/** What a layer took from those below so far, less what it gave up. It outlives a try that fails: the next one goes on from there. */
export interface Taken {
  /** Disk of the files that were copied up. */
  bytes: number;
  files: number;
  /** Those that were made above such files, and their disk. */
  readonly directories: Set<string>;
  directoryBytes: number;
}

export const takenNothing = (): Taken => ({ bytes: 0, files: 0, directories: new Set(), directoryBytes: 0 });

export interface SettleOptions extends AbortOptions {
  /** What the layer may write of files below. */
  readonly allowance?: CopyAllowance;
}

/**
 * Gives a layer what it takes from the layers below: hard links to their files, and the looks of directories that it
 * only passes through. Whiteouts that hide nothing go. Notes in `taken` what that was. A link to nothing is `invalid-argument`. After a failure it can be
 * done again.
 */
export async function settle(unsettled: UnsettledLayer, options: SettleOptions = {}): Promise<void> {
  const { signal, allowance = new CopyAllowance() } = options;
  const pace = new Pace(signal);
  using lowers = new LayerStack(unsettled.lowers, pace);
  unsettled.taken.files += await hideBelowRoot({ root: unsettled.root, lowers, lowerRoots: unsettled.lowers });
  const settling = { ...unsettled, lowers, allowance, signal };
  for (const { path, target } of unsettled.layer.lowerLinks) {
    await pace.step();
    await copyUpOnce(settling, target);
    link(unsettled.root, target, path);
  }
  for (const path of unsettled.layer.whiteouts) {
    await pace.step();
    await dropIdleWhiteout(settling, path);
  }
  const implied = new Set([...unsettled.layer.impliedDirectories, ...unsettled.taken.directories]);
  // Inner ones first: once dressed, a directory may be closed to us.
  for (const path of [...implied].toReversed()) {
    await pace.step();
    await dressDirectory(settling, path);
  }
  unsettled.taken.directoryBytes = diskOf(unsettled.root, unsettled.taken.directories);
}

function diskOf(root: string, paths: ReadonlySet<string>): number {
  let bytes = 0;
  for (const path of paths) {
    using place = openPlace(root, path);
    bytes += statAt(place.dirFd, place.name).blocks * 512;
  }
  return bytes;
}

/** overlayfs shows the name of a whiteout in a directory that no layer below has. */
async function dropIdleWhiteout({ root, lowers, taken }: Settling, path: string): Promise<void> {
  const parent = dirname(path);
  const lower = await lowers.find(parent === "." ? "" : parent);
  if (lower?.status.kind === "directory") return;
  using place = findPlace(root, path);
  if (place === undefined || fileAt(place) === undefined) return;
  keepingTime(place, () => unlinkAt(place.dirFd, place.name));
  taken.files -= 1;
}

interface Settling extends Omit<UnsettledLayer, "lowers"> {
  readonly lowers: LayerStack;
  readonly allowance: CopyAllowance;
  readonly signal: AbortSignal | undefined;
}

async function dressDirectory({ root, lowers }: Settling, path: string): Promise<void> {
  const lower = await lowers.find(path);
  using own = findPlace(root, path);
  if (own === undefined) return;
  if (lower?.status.kind === "directory") copyAttributes(lower, own);
  else setTimesAt(own.dirFd, own.name, epoch);
}

/** A directory that nobody describes gets one time, the same wherever the layer is unpacked. */
const epoch = { accessed: 0n, modified: 0n };

/** Gets its name when it is whole, so that what has the name needs no second look. */
async function copyUpOnce(settling: Settling, path: string): Promise<void> {
  const { root, lowers, taken } = settling;
  if (isThere(root, path)) return;
  const lower = await lowers.find(path);
  if (lower === undefined || lower.status.kind === "directory") throw noSuchTarget(path);
  using unfinished = openPlace(dirname(root), unfinishedName);
  removeIfThere(unfinished);
  await copyUp(lower, unfinished, settling);
  makeParents(settling, path);
  using place = openPlace(root, path);
  keepingTime(place, () => renameAt(unfinished, place));
  taken.bytes += statAt(place.dirFd, place.name).blocks * 512;
  taken.files += 1;
}

const unfinishedName = "unfinished";

function isThere(root: string, path: string): boolean {
  using place = findPlace(root, path);
  return place !== undefined && fileAt(place) !== undefined;
}

/** Makes the directories above `path` that this layer lacks. */
function makeParents(settling: Settling, path: string): void {
  const parent = dirname(path);
  if (parent === "." || isThere(settling.root, parent)) return;
  makeParents(settling, parent);
  using place = openPlace(settling.root, parent);
  keepingTime(place, () => makeDirAt(place.dirFd, place.name, 0o755));
  settling.taken.directories.add(parent);
  changeModeAt(place.dirFd, place.name, 0o755);
}

/** A link that an earlier try made is fine. */
function link(root: string, target: string, path: string): void {
  using from = openPlace(root, target);
  using to = openPlace(root, path);
  try {
    keepingTime(to, () => linkAt(from, to));
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    if (fileAt(from)?.status.inode !== fileAt(to)?.status.inode) throw inTheWay(path, error);
  }
}

/** Changes what is at a place; the directory it is in keeps the time that the layer gave it. */
function keepingTime({ dirFd }: TreePlace, change: () => void): void {
  const { mtime } = statAt(dirFd, ".");
  change();
  setTimesAt(dirFd, ".", { accessed: mtime, modified: mtime });
}

function removeIfThere({ dirFd, name }: TreePlace): void {
  try {
    unlinkAt(dirFd, name);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

function openPlace(root: string, path: string): TreePlace & Disposable {
  const place = findPlace(root, path);
  if (place === undefined) throw noSuchTarget(path);
  return place;
}

/** Only a directory can be, one that had to be made for the target of this link or another. */
function inTheWay(path: string, cause: unknown): StowageError {
  const why = `"${path}" is a hard link and in the path of one's target`;
  return new StowageError("invalid-argument", `Cannot unpack layer: ${why}`, { cause });
}

function noSuchTarget(path: string): StowageError {
  return new StowageError("invalid-argument", `Cannot unpack layer: no layer has "${path}", which a hard link names`);
}
