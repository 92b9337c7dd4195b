import { lstat } from "node:fs/promises";
import type { MountArguments, Mounter } from "@stowage/container-state";
import { type AbortOptions, asStorageError, isErrno, StowageError } from "@stowage/errors";
import { makeDirectory, mountAll, unmount } from "@stowage/linux";
import { mountsWithin } from "./mounts-within.ts";

/** Mounts in the mount namespace of this process. It needs root, and fails with `permission-denied` without. */
export const kernelMounter: Mounter = {
  async mount(mounts: readonly MountArguments[], target: string, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    try {
      await makeDirectory(target);
      if (!(await lstat(target)).isDirectory())
        throw new StowageError("failed-precondition", `Cannot mount on "${target}": it is no directory`);
      await mountAll(mounts, target, { signal });
    } catch (error) {
      throw asStorageError(error, `mount on "${target}"`);
    }
  },

  async unmount(directory: string, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    for (const { target } of (await mountsWithin(directory)).toReversed()) takeOff(target);
  },

  async isMounted(target: string, { signal }: AbortOptions = {}): Promise<boolean> {
    signal?.throwIfAborted();
    return (await mountsWithin(target)).some(({ isItself }) => isItself);
  },
};

function takeOff(target: string): void {
  try {
    unmountAtAllCosts(target);
  } catch (error) {
    if (isErrno(error, "EINVAL", "ENOENT")) return; // it went with another one
    throw asStorageError(error, `unmount "${target}"`);
  }
}

function unmountAtAllCosts(target: string): void {
  try {
    unmount(target);
  } catch (error) {
    if (!isErrno(error, "EBUSY")) throw error;
    unmount(target, { lazy: true });
  }
}
