import {
  bigDataOf,
  layerIdOf,
  layerIdsOf,
  type StoredBlob,
  type StoredImage,
  type StoredLayer,
} from "@stowage/containers-storage";
import { diffIdsOf, type Image, type ImageLayer } from "@stowage/images";
import { type Digest, layerCompressionOf } from "@stowage/oci";

/**
 * An image as other readers are told of it; `undefined` for one that they could not read: that of a runtime handler or a snapshotter
 * of its own, an artifact, one without layers, and one whose digests are no SHA-256, for which they stop reading everything.
 */
export function storedImageOf(image: Image): StoredImage | undefined {
  const { id, manifest, tags, digests, publishedAt } = image;
  if (!isForReaders(image)) return undefined;
  return {
    id,
    digest: manifest.digest,
    names: [...tags, ...digests],
    layer: layerIdOf(diffIdsOf(image)),
    bigData: bigDataOf(image),
    created: publishedAt,
  };
}

function isForReaders({ id, handler, snapshotter, files, manifest, index, layers }: Image): boolean {
  if (handler !== undefined || snapshotter !== undefined || files !== undefined || layers.length === 0) return false;
  const all = [id, manifest.digest, index?.digest, ...layers.map(({ diffId }) => diffId)];
  return all.every((digest) => digest === undefined || digest.startsWith("sha256:"));
}

/** The layers of an image, bottom first, but for what only the disk knows of them. */
export function* layersToStore(image: Image): Generator<LayerToStore, void, undefined> {
  const diffIds = diffIdsOf(image);
  const ids = layerIdsOf(diffIds);
  for (const [at, { diffId, blob }] of image.layers.entries()) {
    const id = ids[at];
    if (id === undefined) throw new Error("a layer without an id");
    const chain = diffIds.slice(0, at + 1);
    yield { chain, id, parent: ids[at - 1], diffId, blob: storedBlobOf(blob), created: image.publishedAt };
  }
}

export interface LayerToStore extends Omit<StoredLayer, "tarSize"> {
  readonly chain: readonly Digest[];
}

function storedBlobOf({ digest, size, mediaType }: ImageLayer["blob"]): StoredBlob {
  return { digest, size, compression: layerCompressionOf(mediaType) ?? "none" };
}
