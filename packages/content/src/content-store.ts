import type { AbortOptions } from "@stowage/errors";
import type { Descriptor, Digest } from "@stowage/oci";

/**
 * Blobs, each under the digest of its bytes. A blob is either absent or whole: no reader ever sees one that is
 * being written, and one that is there survives a power cut. Its life: bytes are ingested under a private name,
 * verified, made durable, and only then renamed to the name that everybody knows; `remove` ends it.
 */
export interface ContentStore {
  /** What is known of a blob, or `undefined` where it is absent. */
  find(digest: Digest, options?: AbortOptions): Promise<BlobInfo | undefined>;

  /** The bytes of a blob. Fails with `not-found` before the first of them. */
  read(digest: Digest, options?: AbortOptions): AsyncIterable<Uint8Array>;

  /**
   * Stores `source` as the blob that `want` names. If `source` ends early, fails, or turns out to be other bytes
   * (`failed-precondition`), nothing is kept. A blob that is already there is left alone, `source` unread.
   */
  write(
    want: Pick<Descriptor, "digest" | "size">,
    source: AsyncIterable<Uint8Array>,
    options?: AbortOptions,
  ): Promise<void>;

  /** Takes a blob away; one that is absent is fine. A reader that has begun reads on. */
  remove(digest: Digest, options?: AbortOptions): Promise<void>;

  /** Every blob, in no order. */
  list(options?: AbortOptions): AsyncIterable<BlobInfo>;
}

export interface BlobInfo {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** When it was stored, in milliseconds since the epoch. */
  readonly storedAt: number;
}
