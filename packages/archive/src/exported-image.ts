import { type AbortOptions, StowageError } from "@stowage/errors";
import { type Descriptor, type Digest, formatDescriptor } from "@stowage/oci";

/** An image to write into an archive. */
export interface ExportedImage {
  /** Normalised, `name:tag`, or `name@digest` with the digest of the root. */
  readonly names: readonly string[];
  /** The index, or the manifest. */
  readonly root: Descriptor;
  /** Those whose blobs come along; of an index it need not be all. */
  readonly manifests: readonly ExportedManifest[];
}

export interface ExportedManifest {
  readonly descriptor: Descriptor;
  readonly config: Descriptor;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
}

/** Where documents and blobs come from, verified by whoever gives them. */
export interface ExportSource {
  read(digest: Digest, size?: number): AsyncIterable<Uint8Array>;
}

/** How far a blob is; `bytes` of `size` are written. Of one that is there already, all. */
export interface ExportProgress {
  readonly digest: Digest;
  readonly bytes: number;
  readonly size: number;
}

export interface ExportOptions extends AbortOptions {
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined;
}

/** Every blob of some images once, by digest. */
export function blobsOf(images: readonly ExportedImage[]): readonly Descriptor[] {
  const blobs = new Map<Digest, Descriptor>();
  for (const { root, manifests } of images) {
    const parts = manifests.flatMap(({ descriptor, config, layers }) => [descriptor, config, ...layers]);
    for (const blob of [root, ...parts]) blobs.set(blob.digest, blob);
  }
  return [...blobs.values()].toSorted((one, other) => (one.digest < other.digest ? -1 : 1));
}

/** The bytes of a blob. Fails with `failed-precondition` where they are more or fewer than its descriptor says. */
export async function* exportBlob(
  blob: Descriptor,
  source: ExportSource,
  { signal, onProgress }: ExportOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { digest, size } = blob;
  let bytes = 0;
  onProgress?.({ digest, bytes, size });
  for await (const block of source.read(digest, size)) {
    signal?.throwIfAborted();
    bytes += block.byteLength;
    if (bytes > size) throw otherSize(blob, `more than ${size} bytes came`);
    yield block;
    onProgress?.({ digest, bytes, size });
  }
  if (bytes < size) throw otherSize(blob, `only ${bytes} bytes came`);
}

function otherSize(blob: Descriptor, why: string): StowageError {
  return new StowageError("failed-precondition", `Cannot write blob ${formatDescriptor(blob)}: ${why}`);
}
