import type { AbortOptions } from "@stowage/errors";
import type { Descriptor, Digest, Platform } from "@stowage/oci";

/**
 * The images that are READY, and their names. Everything else on the disk is reached from here. An image appears
 * whole, with its names, in one transaction, and goes in one. A name belongs to one image at a time: publishing
 * takes it from the image that had it, which stays under its other names.
 */
export interface ImageIndex {
  /** Every image, oldest first. */
  list(options?: AbortOptions): Promise<readonly Image[]>;

  find(id: Digest, options?: AbortOptions): Promise<Image | undefined>;

  /** The image that has exactly this name, `docker.io/library/alpine:3` or `docker.io/library/alpine@sha256:…`. */
  findByName(name: string, options?: AbortOptions): Promise<Image | undefined>;

  /** Stores an image under `names`, beside those it has. An image of the same id is replaced. Durable on return. */
  publish(record: ImageRecord, names: readonly string[], options?: AbortOptions): Promise<Image>;

  /** Takes an image away with all its names and returns it, or `undefined` where there is none. Durable on return. */
  remove(id: Digest, options?: AbortOptions): Promise<Image | undefined>;
}

/** What is kept of an image beside its names. */
export interface ImageRecord {
  /** The digest of the config. */
  readonly id: Digest;
  readonly manifest: Descriptor;
  /** The index the manifest was chosen from, where there was one. */
  readonly index?: Descriptor | undefined;
  readonly config: Descriptor;
  /** Bottom first. */
  readonly layers: readonly ImageLayer[];
  readonly platform: Platform;
  /** `config.User` as it is written. */
  readonly user: string;
  /** The annotations of the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
  /** When the image was built, as the config says, RFC 3339. */
  readonly created?: string | undefined;
}

export interface ImageLayer {
  readonly blob: Descriptor;
  /** Whether the blob is here; a layer that another image brought in other bytes is not fetched again. */
  readonly kept: boolean;
  readonly diffId: Digest;
  /** Disk that the unpacked layer takes. */
  readonly bytes: number;
  readonly inodes: number;
}

export interface Image extends ImageRecord {
  /** Names with a tag, sorted. */
  readonly tags: readonly string[];
  /** Names with a digest, as they were asked for or resolved, sorted. */
  readonly digests: readonly string[];
  /** When it was first published here, in milliseconds since the epoch. */
  readonly publishedAt: number;
}

/** The bytes an image takes on this disk: unpacked layers and the blobs that are kept, each counted once. */
export function imageSize(image: ImageRecord): number {
  const blobs = new Map(keptBlobs(image).map(({ digest, size }) => [digest, size]));
  const sizes = [...blobs.values(), ...image.layers.map(({ bytes }) => bytes)];
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/** The diff ids of an image's layers, bottom first: what its snapshot is called. */
export function diffIdsOf({ layers }: Pick<ImageRecord, "layers">): readonly Digest[] {
  return layers.map(({ diffId }) => diffId);
}

/** The blobs of an image that are here: its documents, and those layers that are kept. */
export function keptBlobs({ manifest, index, config, layers }: ImageRecord): readonly Descriptor[] {
  const documents = index === undefined ? [manifest, config] : [manifest, index, config];
  return [...documents, ...layers.filter(({ kept }) => kept).map(({ blob }) => blob)];
}
