import type { Image } from "@stowage/images";

/** The name by which people would know it best: a tag, a digest name, or else its id. */
export function bestName({ tags, digests, id }: Pick<Image, "tags" | "digests" | "id">): string {
  return tags[0] ?? digests[0] ?? id;
}
