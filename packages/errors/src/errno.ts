import { type ErrorCode, StowageError } from "./stowage-error.ts";

/** Whether `error` is a system error with one of `codes` (`"ENOENT"`, …). */
export function isErrno(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}

/** What a file operation gives, and `undefined` where its file is not there. */
export async function ifThere<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/**
 * What a failed file operation is to a caller: a full disk is `resource-exhausted`, a failing one `data-loss`.
 * `action` completes "Cannot …". Anything that says nothing about the disk is returned as it came.
 */
export function asStorageError(error: unknown, action: string): unknown {
  for (const [errno, { code, means }] of Object.entries(storageErrors)) {
    if (isErrno(error, errno)) return new StowageError(code, `Cannot ${action}: ${means} (${errno})`, { cause: error });
  }
  return error;
}

const storageErrors: Readonly<Record<string, { readonly code: ErrorCode; readonly means: string }>> = {
  ENOSPC: { code: "resource-exhausted", means: "the disk is full or out of inodes" },
  EDQUOT: { code: "resource-exhausted", means: "the disk quota is used up" },
  EMFILE: { code: "resource-exhausted", means: "too many files are open" },
  ENFILE: { code: "resource-exhausted", means: "too many files are open on this machine" },
  EIO: { code: "data-loss", means: "the disk failed" },
  EROFS: { code: "failed-precondition", means: "the file system is read-only" },
  ENOTDIR: { code: "failed-precondition", means: "a file is where a directory should be" },
  EISDIR: { code: "failed-precondition", means: "a directory is where a file should be" },
  EEXIST: { code: "failed-precondition", means: "something else is in its place" },
  EACCES: { code: "permission-denied", means: "the file system does not permit it" },
  EPERM: { code: "permission-denied", means: "the system does not permit it" },
};
