import { dirname } from "node:path/posix";
import { isErrno, StowageError } from "@stowage/errors";
import { changeModeAt, linkAt, makeDirAt, setTimesAt, statAt } from "@stowage/linux";
import type { UnpackedLayer, Usage } from "@stowage/snapshots";
import { copyAttributes, copyUp } from "./copy-up.ts";
import { findInLowers } from "./lower-tree.ts";
import { findFile, findPlace, type TreePlace } from "./tree-place.ts";

/** A layer that was unpacked without its parents, and where their trees are, top first. */
export interface UnsettledLayer {
  readonly root: string;
  readonly layer: UnpackedLayer;
  readonly lowers: readonly string[];
}

/**
 * Gives a layer what it takes from the layers below: hard links to their files, and the looks of directories that it
 * only passes through. Returns the disk that this took. A link to nothing is `invalid-argument`.
 */
export async function settle({ root, layer, lowers }: UnsettledLayer): Promise<Usage> {
  const implied = new Set(layer.impliedDirectories);
  let bytes = 0;
  let inodes = 0;
  for (const { path, target } of layer.lowerLinks) {
    for (const made of makeParents(root, target)) implied.add(made);
    bytes += await copyUpOnce({ root, path: target, lowers });
    inodes += 1;
    link(root, target, path);
  }
  // Inner ones first: what is made in a directory changes its time.
  for (const path of [...implied].toSorted((one, other) => depth(other) - depth(one)))
    dressDirectory(root, path, lowers);
  return { bytes, inodes: inodes + implied.size - layer.impliedDirectories.length };
}

const depth = (path: string): number => (path === "" ? 0 : path.split("/").length);

function dressDirectory(root: string, path: string, lowers: readonly string[]): void {
  using lower = findInLowers(lowers, path);
  using own = findPlace(root, path);
  if (own === undefined) return;
  if (lower?.status.kind === "directory") copyAttributes(lower, own);
  else setTimesAt(own.dirFd, own.name, epoch);
}

/** A directory that nobody describes gets one time, the same wherever the layer is unpacked. */
const epoch = { accessed: 0n, modified: 0n };

/** Makes the directories above `path` that this layer lacks, and returns them. */
function makeParents(root: string, path: string): readonly string[] {
  const parent = dirname(path);
  if (parent === ".") return [];
  const above = makeParents(root, parent);
  using place = openPlace(root, parent);
  try {
    makeDirAt(place.dirFd, place.name, 0o755);
    changeModeAt(place.dirFd, place.name, 0o755);
    return [...above, parent];
  } catch (error) {
    if (isErrno(error, "EEXIST") && statAt(place.dirFd, place.name).kind === "directory") return above;
    throw error;
  }
}

async function copyUpOnce({
  root,
  path,
  lowers,
}: {
  root: string;
  path: string;
  lowers: readonly string[];
}): Promise<number> {
  using there = findFile(root, path);
  if (there !== undefined) return 0;
  using lower = findInLowers(lowers, path);
  if (lower === undefined || lower.status.kind === "directory") throw noSuchTarget(path);
  using place = openPlace(root, path);
  await copyUp(lower, place);
  return statAt(place.dirFd, place.name).blocks * 512;
}

function link(root: string, target: string, path: string): void {
  using from = openPlace(root, target);
  using to = openPlace(root, path);
  linkAt(from, to);
}

function openPlace(root: string, path: string): TreePlace {
  const place = findPlace(root, path);
  if (place === undefined) throw noSuchTarget(path);
  return place;
}

function noSuchTarget(path: string): StowageError {
  return new StowageError("invalid-argument", `Cannot unpack layer: no layer has "${path}", which a hard link names`);
}
