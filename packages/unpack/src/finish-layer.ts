import { isErrno } from "@stowage/errors";
import {
  changeOwner,
  isMachineRoot,
  isPrivileged,
  linkAt,
  makeNodeAt,
  nodeKinds,
  setXattr,
  statAt,
  statFd,
} from "@stowage/linux";
import type { UnpackedLayer } from "@stowage/snapshots";
import { defaultAcl, setFileTimes } from "./entry-metadata.ts";
import { parentOf } from "./layer-path.ts";
import type { DirectoryRecord, LayerTree } from "./layer-tree.ts";
import type { PendingWork } from "./layer-writer.ts";
import { refuseEntry, unpacking } from "./unpack-error.ts";

/**
 * Settles what had to wait for the last entry: links to files that came later, what is hidden, and last the times of
 * directories, which every change in them moves. So the order of whiteouts and entries makes no difference.
 */
export function finishLayer(tree: LayerTree, pending: PendingWork): Omit<UnpackedLayer, "tarSize"> {
  const lowerLinks = settleLinks(tree, pending);
  const { replaced, whiteouts } = settleWhiteouts(tree, pending, new Set(lowerLinks.map(({ path }) => path)));
  for (const path of [...pending.opaque, ...replaced, ...rootDirectories(tree, pending)]) makeOpaque(tree, path);
  let directoryBytes = 0;
  for (const [path, record] of tree.directories) directoryBytes += settleDirectory(tree, path, record);
  return {
    bytes: tree.fileBytes + directoryBytes,
    inodes: tree.files + tree.directories.size,
    impliedDirectories: impliedDirectories(tree, pending),
    lowerLinks,
    whiteouts,
  };
}

/** Makes the links whose targets are here by now; the others are to files of layers below, unless this layer hides those. */
function settleLinks(tree: LayerTree, pending: PendingWork): UnpackedLayer["lowerLinks"] {
  const lower: { path: string; target: string }[] = [];
  for (const [path, { target, directory }] of pending.links) {
    if (tree.directories.get(parentOf(path)) !== directory || tree.find(path) !== undefined) continue;
    const found = tree.find(target);
    if (found?.kind === "directory") throw refuseEntry(path, "it is a hard link to a directory");
    if (found !== undefined) unpacking(path, () => linkAt(tree.place(target), tree.place(path)));
    else if (isHidden(target, pending)) throw refuseEntry(path, "it is a hard link to what this layer hides");
    else lower.push({ path, target });
  }
  return lower;
}

/** Hides names by whiteouts, but for those that the layer has itself. Of them, directories replace what is below. */
function settleWhiteouts(
  tree: LayerTree,
  pending: PendingWork,
  links: ReadonlySet<string>,
): { readonly replaced: readonly string[]; readonly whiteouts: readonly string[] } {
  const replaced: string[] = [];
  const whiteouts: string[] = [];
  for (const path of pending.whiteouts) {
    if (tree.directories.has(path)) replaced.push(path);
    else if (!links.has(path) && tree.directories.has(parentOf(path)) && !isBelowOpaque(path, pending)) {
      if (unpacking(path, () => makeWhiteout(tree, path))) whiteouts.push(path);
    }
  }
  return { replaced, whiteouts };
}

/** Returns whether there was not something else in its place. */
function makeWhiteout(tree: LayerTree, path: string): boolean {
  const { dirFd, name } = tree.place(path);
  try {
    makeNodeAt(dirFd, name, { mode: nodeKinds.character, major: 0, minor: 0 });
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    return false;
  }
  tree.count(statAt(dirFd, name));
  return true;
}

/** The directories in an opaque root: of an opaque root itself overlayfs takes no notice. */
function rootDirectories(tree: LayerTree, { opaque }: PendingWork): readonly string[] {
  return opaque.has("") ? [...tree.directories.keys()].filter((path) => path !== "" && !path.includes("/")) : [];
}

function makeOpaque(tree: LayerTree, path: string): void {
  if (!tree.directories.has(path)) return;
  unpacking(path, () => setXattr(tree.open(path), opaque, Buffer.from("y")));
}

/** Overlay mounts of all others take their attributes from the `user` namespace (`userxattr`). */
const opaque = isMachineRoot() ? "trusted.overlay.opaque" : "user.overlay.opaque";

function settleDirectory(tree: LayerTree, path: string, { mtime, defaultAcl: acl }: DirectoryRecord): number {
  return unpacking(path, () => {
    const fd = tree.open(path);
    const { blocks, gid } = statFd(fd);
    // A parent with setgid gave it its own group, if the parent was described first.
    if (mtime === undefined && gid !== 0 && isPrivileged()) changeOwner(fd, { uid: 0, gid: 0 });
    if (acl !== undefined) setOptionalXattr(fd, acl);
    setFileTimes(fd, mtime ?? epoch);
    return acl === undefined ? blocks * 512 : statFd(fd).blocks * 512;
  });
}

/** What no entry describes has one time, the same wherever and whenever the layer is unpacked. */
const epoch = 0n;

function setOptionalXattr(fd: number, acl: Uint8Array): void {
  try {
    setXattr(fd, defaultAcl, acl);
  } catch (error) {
    if (!isErrno(error, "ENOTSUP")) throw error;
  }
}

/** Outer ones first, as they were made. Where this layer hides the directory below, nothing is taken from it. */
function impliedDirectories(tree: LayerTree, pending: PendingWork): readonly string[] {
  const implied: string[] = [];
  for (const [path, { mtime }] of tree.directories) {
    if (mtime === undefined && !isHidden(path, pending)) implied.push(path);
  }
  return implied;
}

/** Whether this layer hides what a layer below has at a path. */
function isHidden(path: string, pending: PendingWork): boolean {
  for (let at = path; at !== ""; at = parentOf(at)) {
    if (pending.whiteouts.has(at)) return true;
  }
  return isBelowOpaque(path, pending);
}

function isBelowOpaque(path: string, { opaque, whiteouts }: PendingWork): boolean {
  for (let at = path; at !== ""; ) {
    at = parentOf(at);
    if (opaque.has(at) || (at !== "" && whiteouts.has(at))) return true;
  }
  return false;
}
