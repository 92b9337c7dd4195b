import { type FileStatus, readLinkAt } from "@stowage/linux";
import type { StackedFile } from "./layer-stack.ts";

/** A name in the tree of an image, and the file that it is of. */
export interface TreeEntry extends FileStatus {
  /** From the root of the image, which is `""`, without a slash at either end. Bytes as latin1. */
  readonly path: string;
  /** What a symlink says, bytes as latin1; `""` for others. */
  readonly linkTarget: string;
  /** The directory of the layer that shows it. */
  readonly layer: string;
}

export function entryOf(path: string, { status, layer, dirFd, name }: StackedFile): TreeEntry {
  const linkTarget = status.kind === "symlink" ? readLinkAt(dirFd, name).toString("latin1") : "";
  return { ...status, path, linkTarget, layer };
}

/** Whether two entries, of whatever trees, are names of one file on the disk. */
export function isSameFile(one: TreeEntry, other: TreeEntry): boolean {
  return one.device === other.device && one.inode === other.inode;
}

/** Texts as their bytes are ordered, one character a byte. */
export function byBytes(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
