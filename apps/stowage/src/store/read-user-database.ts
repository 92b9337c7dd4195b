import { closeSync, readSync } from "node:fs";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";
import { openAt, openBeneath, openFlags, statFd, workingDirectory } from "@stowage/linux";
import type { UserDatabase } from "@stowage/runtime-spec";

/** The users and groups of the root file system at a path, whose links lead nowhere out of it; none where it has no such files. */
export function readUserDatabase(rootfs: string): UserDatabase {
  const root = openAt(workingDirectory, rootfs, { flags: openFlags.readOnly | openFlags.directory });
  try {
    return { passwd: readText(root, "etc/passwd"), group: readText(root, "etc/group") };
  } finally {
    closeSync(root);
  }
}

function readText(root: number, path: string): string {
  try {
    return readFile(
      openBeneath(root, path, { flags: openFlags.readOnly | openFlags.nonBlock, resolve: "in-root" }),
      path,
    );
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return "";
    throw asStorageError(error, `read "/${path}" of the image`);
  }
}

/** Uses up the descriptor. */
function readFile(fd: number, path: string): string {
  try {
    const { kind, size } = statFd(fd);
    if (kind !== "file" || size > maxBytes) {
      const why = kind === "file" ? `it has ${size} bytes, and ${maxBytes} are allowed` : `it is a ${kind}`;
      throw new StowageError("invalid-argument", `Cannot read "/${path}" of the image: ${why}`);
    }
    const bytes = Buffer.alloc(size);
    return bytes.toString("utf8", 0, readSync(fd, bytes, 0, size, 0));
  } finally {
    closeSync(fd);
  }
}

/** Thousands of users. */
const maxBytes = 1024 * 1024;
