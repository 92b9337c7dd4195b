import { create } from "@bufbuild/protobuf";
import type { Image } from "@stowage/images";
import { type Descriptor, formatPlatform, parseDigest, parsePlatform } from "@stowage/oci";
import { decodeDamage, encodeDamage } from "./damage-message.ts";
import {
  type Descriptor as DescriptorMessage,
  DescriptorSchema,
  type Image as ImageMessage,
  ImageSchema,
  LayerSchema,
} from "./gen/stowage/v1/store_pb.ts";

/** An image as `stowage.v1` carries it. */
export function encodeStoredImage(image: Image): ImageMessage {
  const { index, created, platform, publishedAt, handler = "", snapshotter = "", files = [] } = image;
  return create(ImageSchema, {
    id: image.id,
    handler,
    snapshotter,
    manifest: encodeDescriptor(image.manifest),
    ...(index === undefined ? {} : { index: encodeDescriptor(index) }),
    config: encodeDescriptor(image.config),
    layers: image.layers.map(({ blob, kept, diffId, bytes, inodes }) =>
      create(LayerSchema, { blob: encodeDescriptor(blob), kept, diffId, bytes: BigInt(bytes), inodes: BigInt(inodes) }),
    ),
    keepsBlobs: image.keepsBlobs === true,
    files: files.map(encodeDescriptor),
    platform: formatPlatform(platform),
    user: image.user,
    annotations: { ...image.annotations },
    created: created ?? "",
    tags: [...image.tags],
    digests: [...image.digests],
    pins: [...image.pins],
    previousName: image.previousName ?? "",
    publishedAt: BigInt(publishedAt),
    damage: image.damage.map(encodeDamage),
  });
}

/** The image in a message. What is no digest or platform fails with `invalid-argument`. */
export function decodeStoredImage(message: ImageMessage): Image {
  return {
    id: parseDigest(message.id),
    ...(message.handler === "" ? {} : { handler: message.handler }),
    ...(message.snapshotter === "" ? {} : { snapshotter: message.snapshotter }),
    manifest: decodeDescriptor(message.manifest),
    ...(message.index === undefined ? {} : { index: decodeDescriptor(message.index) }),
    config: decodeDescriptor(message.config),
    layers: message.layers.map(({ blob, kept, diffId, bytes, inodes }) => ({
      blob: decodeDescriptor(blob),
      kept,
      diffId: parseDigest(diffId),
      bytes: Number(bytes),
      inodes: Number(inodes),
    })),
    ...(message.keepsBlobs ? { keepsBlobs: true } : {}),
    ...(message.files.length === 0 ? {} : { files: message.files.map(decodeDescriptor) }),
    platform: parsePlatform(message.platform),
    user: message.user,
    annotations: message.annotations,
    ...(message.created === "" ? {} : { created: message.created }),
    tags: message.tags,
    digests: message.digests,
    pins: message.pins,
    ...(message.previousName === "" ? {} : { previousName: message.previousName }),
    publishedAt: Number(message.publishedAt),
    damage: message.damage.map(decodeDamage),
  };
}

export function encodeDescriptor({ mediaType, digest, size }: Descriptor): DescriptorMessage {
  return create(DescriptorSchema, { mediaType, digest, size: BigInt(size) });
}

export function decodeDescriptor(message: DescriptorMessage | undefined): Descriptor {
  return {
    mediaType: message?.mediaType ?? "",
    digest: parseDigest(message?.digest ?? ""),
    size: Number(message?.size ?? 0n),
  };
}
