import { type Image, imageSize } from "@stowage/images";
import { formatPlatform } from "@stowage/oci";

/** An image as `--json` prints it; stable. */
export function imageJson(image: Image): Readonly<Record<string, unknown>> {
  const { id, tags, digests, pins, platform, created, publishedAt, manifest, index, config, user, annotations } = image;
  return {
    id,
    handler: image.handler ?? "",
    tags,
    digests,
    pins,
    previousName: image.previousName,
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
    layers: image.layers.map(({ blob, diffId, bytes, inodes, kept }) => ({
      digest: blob.digest,
      mediaType: blob.mediaType,
      compressed: blob.size,
      kept,
      diffId,
      bytes,
      inodes,
    })),
    files: (image.files ?? []).map(({ digest, mediaType, size }) => ({ digest, mediaType, size })),
  };
}
