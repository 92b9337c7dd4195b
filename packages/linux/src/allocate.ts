import { isErrno } from "@stowage/errors";
import { call } from "./libc.ts";

/**
 * Reserves disk for the first `size` bytes of a file, which keeps its length. Fails with ENOSPC where there is not enough,
 * and takes nothing then; a file system that cannot reserve is let be.
 */
export function allocateFile(fd: number, size: number): void {
  try {
    call("fallocate", [fd, keepSize, 0n, BigInt(size)]);
  } catch (error) {
    if (!isErrno(error, "ENOTSUP", "EOPNOTSUPP", "ENOSYS")) throw error;
  }
}

/** FALLOC_FL_KEEP_SIZE */
const keepSize = 1;
