import { chainIds, type Descriptor, type Digest, type Platform } from "@stowage/oci";
import { blobResource, layerResource, type Resource } from "./resource.ts";

/** What is kept of an image beside its names. */
export interface ImageRecord {
  /** The digest of the config; of an artifact, which shares its config with others, that of the manifest. */
  readonly id: Digest;
  /** The runtime handler that it was pulled for; left out for the default one. */
  readonly handler?: string | undefined;
  /** The snapshotter that has its layers; left out for the default one. */
  readonly snapshotter?: string | undefined;
  readonly manifest: Descriptor;
  /** The index the manifest was chosen from, where there was one. */
  readonly index?: Descriptor | undefined;
  readonly config: Descriptor;
  /** Bottom first; of an artifact, none. */
  readonly layers: readonly ImageLayer[];
  /** Whether the blobs of its layers stay whatever the settings say, since no registry is known to have them. */
  readonly keepsBlobs?: boolean | undefined;
  /** What an artifact has in place of layers: blobs that stay as they came. */
  readonly files?: readonly Descriptor[] | undefined;
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
  /** The name with a tag that another image has taken from it, or that was taken away, last; left out where it has not lost one. */
  readonly previousName?: string | undefined;
  /** Of its id and names, those that somebody has pinned, sorted. */
  readonly pins: readonly string[];
  /** When it was first published here, in milliseconds since the epoch. */
  readonly publishedAt: number;
  /** What it needs and lost. It is READY where this is empty. */
  readonly damage: readonly Damage[];
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

/** The blobs of an image that are here: its documents, the files of an artifact, and those layers that are kept. */
export function keptBlobs({ manifest, index, config, files = [], layers }: ImageRecord): readonly Descriptor[] {
  const documents = index === undefined ? [manifest, config] : [manifest, index, config];
  return [...documents, ...files, ...layers.filter(({ kept }) => kept).map(({ blob }) => blob)];
}

/** The unpacked layers of an image, bottom first. */
export function layersOf(record: ImageRecord): readonly Resource[] {
  return chainIds(diffIdsOf(record)).map((chainId) => layerResource(chainId, record.snapshotter));
}

/** Everything that an image has here, each thing once. The layers come bottom first. */
export function resourcesOf(record: ImageRecord): readonly Resource[] {
  const blobs = keptBlobs(record).map(({ digest }) => blobResource(digest));
  return [...layersOf(record), ...new Set(blobs)];
}

/** What of an image must be here for it to be READY: all its layers, unpacked, its documents and files. Blobs of layers need not. */
export function neededBy(record: ImageRecord): readonly Resource[] {
  return resourcesOf({ ...record, layers: record.layers.map((layer) => ({ ...layer, kept: false })) });
}

/** Something that an image needs, and what became of it. */
export interface Damage {
  readonly resource: Resource;
  /** What is wrong, as it completes "blob sha256:… ": `is missing`. */
  readonly why: string;
}
