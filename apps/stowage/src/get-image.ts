import { type AbortOptions, StowageError } from "@stowage/errors";
import type { Image } from "@stowage/images";
import type { Images } from "./open-images.ts";

/** The image that `name` means. Fails with `not-found` where there is none. */
export async function getImage(images: Images, name: string, { signal }: AbortOptions): Promise<Image> {
  const image = await images.find(name, { signal });
  if (image === undefined) throw new StowageError("not-found", `Cannot find image "${name}": it is not here`);
  return image;
}
