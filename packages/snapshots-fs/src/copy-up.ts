import {
  changeModeAt,
  changeOwnerAt,
  findXattr,
  isPrivileged,
  listXattrs,
  makeNodeAt,
  nodeKinds,
  readLinkAt,
  setTimesAt,
  setXattr,
  symlinkAt,
} from "@stowage/linux";
import type { TreeFile, TreePlace } from "@stowage/stacked-tree";
import { type CopyOptions, copyContent } from "./copy-file.ts";

/** Makes `to` the same file as `from`: content, owner, mode, attributes and times. Directories are not for this. */
export async function copyUp(from: TreeFile, to: TreePlace, options: CopyOptions): Promise<void> {
  const { kind, mode, deviceMajor: major, deviceMinor: minor } = from.status;
  if (kind === "symlink") symlinkAt(readLinkAt(from.dirFd, from.name), to.dirFd, to.name);
  else if (kind === "file") await copyContent(from, to, options);
  else if (kind === "fifo" || kind === "character" || kind === "block") {
    makeNodeAt(to.dirFd, to.name, { mode: nodeKinds[kind] | mode, major, minor });
  } else throw new Error(`a ${kind} cannot be copied up`);
  copyAttributes(from, to);
}

/** Gives what is at `to` the owner, mode, attributes and times of `from`. overlayfs's own attributes stay behind. */
export function copyAttributes(from: TreeFile, to: TreePlace): void {
  const { uid, gid, mode, mtime, kind } = from.status;
  if (isPrivileged()) changeOwnerAt(to.dirFd, to.name, { uid, gid });
  if (kind !== "symlink") changeModeAt(to.dirFd, to.name, mode);
  for (const name of listXattrs(from.path)) {
    const value = overlayOwn.test(String(name)) ? undefined : findXattr(from.path, name);
    if (value !== undefined) setXattr(to.path, name, value);
  }
  setTimesAt(to.dirFd, to.name, { accessed: mtime, modified: mtime });
}

const overlayOwn = /^(?:trusted|user)\.overlay\./;
