import { closeSync, readFileSync } from "node:fs";
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
    return readFile(openBeneath(root, path, { flags: openFlags.path, resolve: "in-root" }), path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return "";
    throw asStorageError(error, `read "/${path}" of the image`);
  }
}

/** Uses up the descriptor, of a mere place: only a file is opened, since opening a device may be enough to harm the machine. */
function readFile(place: number, path: string): string {
  try {
    const { kind, size } = statFd(place);
    if (kind !== "file" || size > maxBytes) {
      const why = kind === "file" ? `it has ${size} bytes, and ${maxBytes} are allowed` : `it is a ${kind}`;
      throw new StowageError("invalid-argument", `Cannot read "/${path}" of the image: ${why}`);
    }
    return readFileSync(`/proc/self/fd/${place}`).toString("utf8", 0, maxBytes);
  } finally {
    closeSync(place);
  }
}

/** Thousands of users. */
const maxBytes = 1024 * 1024;
