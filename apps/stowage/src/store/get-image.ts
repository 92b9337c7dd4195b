import { type AbortOptions, StowageError } from "@stowage/errors";
import type { ImageVerbs } from "@stowage/image-service";
import type { Image } from "@stowage/images";

/** The image that `name` means. Fails with `not-found` where there is none. */
export async function getImage(images: ImageVerbs, name: string, { signal }: AbortOptions): Promise<Image> {
  const image = await images.find(name, { signal });
  if (image === undefined) throw new StowageError("not-found", `Cannot find image "${name}": it is not here`);
  return image;
}
