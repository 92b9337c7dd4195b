import type { AbortOptions } from "@stowage/errors";
import type { Descriptor } from "@stowage/oci";
import type { ContentStore } from "./content-store.ts";

/** Stores the blob that `want` names, with the bytes that `open` has from an offset on: an ingest and its commit. */
export async function storeBlob(
  content: Pick<ContentStore, "ingest" | "commit">,
  want: Pick<Descriptor, "digest" | "size">,
  { open, signal }: AbortOptions & { readonly open: (offset: number) => AsyncIterable<Uint8Array> },
): Promise<void> {
  await using blob = await content.ingest(want, open, { signal });
  await content.commit([blob], { signal });
}

/** The bytes that are here already, from an offset on: what `ingest` opens for them. */
export function bytesFrom(bytes: Uint8Array): (offset: number) => AsyncIterable<Uint8Array> {
  return async function* (offset) {
    if (offset < bytes.byteLength) yield bytes.subarray(offset);
  };
}
