import type { ContentStore } from "@stowage/content";
import { type AbortOptions, StowageError } from "@stowage/errors";
import { blobResource, type Image } from "@stowage/images";
import { algorithmOf, collectBytes, digestOf, maxConfigBytes } from "@stowage/oci";
import type { Roots } from "./roots.ts";

export interface ReadConfigDependencies {
  readonly content: Pick<ContentStore, "find" | "read">;
  readonly roots: Pick<Roots, "reportDamage">;
}

/** The bytes of an image's config, from here and nowhere else. Where they are not what they were, the image is damaged. */
export async function readConfig(
  { content, roots }: ReadConfigDependencies,
  image: Image,
  options: AbortOptions,
): Promise<Uint8Array> {
  const { digest, size } = image.config;
  const found = await content.find(digest, options);
  const bytes = found?.size === size ? await collectBytes(content.read(digest, options), maxConfigBytes) : undefined;
  if (bytes !== undefined && digestOf(bytes, algorithmOf(digest)) === digest) return bytes;
  const why = found === undefined ? "is missing" : "is other bytes than its name says";
  await roots.reportDamage([{ resource: blobResource(digest), why }]);
  throw new StowageError("data-loss", `Cannot read the config of image ${image.id}: it ${why}; pull it again`);
}
