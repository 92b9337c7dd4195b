import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";
import { isMounted } from "./list-mounts.ts";

/** Unmounts an image of the store at `root`. Fails with `not-found` where none is mounted: other mounts are not ours to take away. */
export async function unmountImage(target: string, root: string): Promise<void> {
  if (!(await isMounted(target, root))) {
    throw new StowageError("not-found", `Cannot unmount "${target}": no image of "${root}" is mounted there`);
  }
  const { unmount } = await import("@stowage/linux");
  try {
    unmount(target);
  } catch (error) {
    throw asStorageError(error, `unmount "${target}"`);
  }
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
