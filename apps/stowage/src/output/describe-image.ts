import { type Image, imageSize } from "@stowage/images";
import { formatPlatform } from "@stowage/oci";

/** An image as `--json` prints it; stable. */
export function imageJson(image: Image): Readonly<Record<string, unknown>> {
  const { id, tags, digests, platform, created, publishedAt, manifest, index, config, layers, user, annotations } =
    image;
  return {
    id,
    tags,
    digests,
    platform: formatPlatform(platform),
    size: imageSize(image),
    damage: image.damage.map(({ resource, why }) => `${resource} ${why}`),
    created,
    pulled: new Date(publishedAt).toISOString(),
    user,
    annotations,
    manifest: manifest.digest,
    index: index?.digest,
    config: config.digest,
    layers: layers.map(({ blob, diffId, bytes, inodes }) => ({
      digest: blob.digest,
      mediaType: blob.mediaType,
      compressed: blob.size,
      diffId,
      bytes,
      inodes,
    })),
  };
}
