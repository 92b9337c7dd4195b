import { realpath, stat } from "node:fs/promises";
import { type AbortOptions, asStorageError, isErrno, StowageError } from "@stowage/errors";
import type { ImageVerbs } from "@stowage/image-service";
import type { Mount } from "@stowage/snapshots";
import { getImage } from "./get-image.ts";

/** Mounts an image's root file system at a directory, as which the kernel knows it. Its layers are held until it is unmounted. */
export async function mountImage(
  images: ImageVerbs,
  { name, target }: { readonly name: string; readonly target: string },
  { signal }: AbortOptions,
): Promise<{ readonly image: string; readonly target: string }> {
  const image = await getImage(images, name, { signal });
  const holder = mountHolder(target);
  const requests = await images.view(image, { signal, holder });
  try {
    await mountAt(requests, target);
  } catch (error) {
    await images.release(holder);
    throw error;
  }
  return { image: image.id, target };
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
