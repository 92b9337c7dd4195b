import { statfs } from "node:fs/promises";
import { StowageError } from "@stowage/errors";

/** Fails where the file system has fewer than `bytes` left, or no inode. */
export async function requireRoom(directory: string, bytes: number): Promise<void> {
  const { bsize, bavail, files, ffree } = await statfs(directory);
  const free = bsize * bavail;
  const why = free < bytes ? `it takes at least ${bytes} bytes and ${free} are left` : "no inodes are left";
  if (free < bytes || (files > 0 && ffree === 0)) {
    throw new StowageError("resource-exhausted", `Cannot unpack a layer: ${why} on the disk of "${directory}"`);
  }
}
