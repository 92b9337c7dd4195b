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

  /**
   * Stores the blob that `want` names from afar: `open` is asked for its bytes from an offset on, of which none is used after
   * the next is asked for. What arrived before a failure is kept, and survives a crash: the next time the rest is asked for.
   * Other bytes are not (`failed-precondition`); where some of them were kept from before, it begins once more from 0. A blob
   * that is already there is left alone. Of several who ingest one blob at once, one keeps what arrives.
   */
  ingest(
    want: Pick<Descriptor, "digest" | "size">,
    open: (offset: number) => AsyncIterable<Uint8Array>,
    options?: AbortOptions,
  ): Promise<void>;

  /** What has arrived of blobs that are not whole yet, in no order. */
  listIngests(options?: AbortOptions): AsyncIterable<IngestInfo>;

  /** Drops what has arrived of a blob; what is still arriving, or absent, is let be. */
  removeIngest(digest: Digest, options?: AbortOptions): Promise<void>;

  /** Takes a blob away; one that is absent is fine. A reader that has begun reads on. */
  remove(digest: Digest, options?: AbortOptions): Promise<void>;

  /** Every blob, in no order. */
  list(options?: AbortOptions): AsyncIterable<BlobInfo>;
}

export interface IngestInfo {
  readonly digest: Digest;
  /** Of the whole blob: bytes. */
  readonly size: number;
  /** Bytes that are in and need not come again. */
  readonly arrived: number;
  /** When something arrived last, in milliseconds since the epoch. */
  readonly updatedAt: number;
}

export interface BlobInfo {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** When it was stored, in milliseconds since the epoch. */
  readonly storedAt: number;
}
