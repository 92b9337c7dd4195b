import { realpath, stat } from "node:fs/promises";
import { type AbortOptions, asStorageError, isErrno, StowageError } from "@stowage/errors";
import type { Mount } from "@stowage/snapshots";
import { getImage } from "./get-image.ts";
import type { OpenImages } from "./open-images.ts";
import { storeMountsAt } from "./store-mounts.ts";

/**
 * Mounts an image's root file system at a directory, as which the kernel knows it. Its layers are held until it is unmounted. Fails
 * with `failed-precondition` where one of the store is mounted there already: both would be held for by the same name.
 */
export async function mountImage(
  { images, root }: Pick<OpenImages, "images" | "root">,
  { name, target }: { readonly name: string; readonly target: string },
  { signal }: AbortOptions,
): Promise<{ readonly image: string; readonly target: string }> {
  const image = await getImage(images, name, { signal });
  if (await isMountedAt(target, root))
    throw new StowageError(
      "failed-precondition",
      `Cannot mount at "${target}": an image is mounted there; unmount it first`,
    );
  const holder = mountHolder(target);
  const requests = await images.view(image, { signal, holder });
  try {
    await mountAt(requests, target);
  } catch (error) {
    if (!(await isMountedAt(target, root))) await images.release(holder); // somebody else may have come first
    throw error;
  }
  return { image: image.id, target };
}

async function isMountedAt(target: string, root: string): Promise<boolean> {
  return (await storeMountsAt(target, root)).length > 0;
}

/** For whom the store holds the layers that are mounted at a place. */
export function mountHolder(target: string): string {
  return `mount ${target}`;
}

/** The directory at `path`, without links on the way. Fails with `invalid-argument` where there is none. */
export async function findDirectory(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return await realpath(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
  }
  throw new StowageError("invalid-argument", `Cannot mount at "${path}": it is no directory`);
}

async function mountAt(requests: readonly Mount[], target: string): Promise<void> {
  const { mount } = await import("@stowage/linux");
  try {
    for (const request of requests) mount({ ...request, target });
  } catch (error) {
    throw asStorageError(error, `mount an image at "${target}"`);
  }
}
