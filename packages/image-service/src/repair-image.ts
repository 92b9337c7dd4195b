import { StowageError } from "@stowage/errors";
import type { Image } from "@stowage/images";
import { formatReference, parseReference } from "@stowage/reference";
import type { ImageService, Repair } from "./image-service.ts";
import type { PullOptions } from "./pull-event.ts";
import { isReady } from "./ready.ts";

/** Pulls those of the images that are damaged, one after the other. */
export async function repairImages(
  images: readonly Image[],
  options: PullOptions,
  pull: ImageService["pull"],
): Promise<readonly Repair[]> {
  const repairs: Repair[] = [];
  for (const image of images.filter((each) => !isReady(each))) {
    options.signal?.throwIfAborted();
    repairs.push(await repairImage(image, options, pull));
  }
  return repairs;
}

/** Pulls a damaged image again by its own digest name, for the handler that it was pulled for. */
async function repairImage(image: Image, options: PullOptions, pull: ImageService["pull"]): Promise<Repair> {
  const [name = image.tags[0]] = image.digests;
  const refuse = (why: string): never => {
    throw new StowageError("failed-precondition", `Cannot repair image ${image.id}: ${why}`);
  };
  try {
    if (name === undefined) return refuse("it has no name to pull it by");
    const reference = parseReference(name);
    const { platform, handler } = image;
    const mended = await pull(reference, { platform, handler, ...options });
    return mended.id === image.id
      ? { image: mended }
      : refuse(`"${formatReference(reference)}" is another image now, ${mended.id}`);
  } catch (error) {
    options.signal?.throwIfAborted();
    return { image, failure: error instanceof Error ? error.message : "it failed" };
  }
}
