import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";
import { storeMountsAt } from "./store-mounts.ts";

/**
 * Unmounts an image of the store at `root`, and returns how many of its mounts are left there, under the one that is gone. Other
 * mounts are not ours to take away: `undefined` where none of the store is there, and `failed-precondition` where it is under another.
 */
export async function unmountImage(target: string, root: string): Promise<number | undefined> {
  const mounts = await storeMountsAt(target, root);
  const top = mounts.at(-1);
  if (top === undefined) return undefined;
  if (top.isCovered)
    throw new StowageError(
      "failed-precondition",
      `Cannot unmount "${target}": something else is mounted over the image`,
    );
  const { unmount } = await import("@stowage/linux");
  try {
    unmount(target);
  } catch (error) {
    throw asStorageError(error, `unmount "${target}"`);
  }
  return mounts.length - 1;
}

/** As the kernel knows a place that it has mounted something at; one that is not there has nothing mounted. */
export async function realpathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return resolve(path);
    throw error;
  }
}
