import type { ImageRecord } from "@stowage/images";
import type { Digest } from "@stowage/oci";

/** The record with these layer blobs not kept any more; `undefined` where it keeps none of them. */
export function withoutBlobs(record: ImageRecord | undefined, gone: ReadonlySet<Digest>): ImageRecord | undefined {
  if (record === undefined || !record.layers.some(({ kept, blob }) => kept && gone.has(blob.digest))) return undefined;
  const layers = record.layers.map((layer) => (gone.has(layer.blob.digest) ? { ...layer, kept: false } : layer));
  return { ...record, layers };
}
