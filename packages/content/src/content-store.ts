import type { AbortOptions } from "@stowage/errors";
import type { Descriptor, Digest } from "@stowage/oci";
import type { BlobFile } from "./blob-file.ts";

/**
 * Blobs, each under the digest of its bytes. A blob is either absent or whole: no reader ever sees one that is
 * being written, and one that is there survives a power cut. Its life: `ingest` brings its bytes under a private name and
 * verifies them; `commit` makes them durable and only then gives them the name that everybody knows; `remove` ends it.
 */
export interface ContentStore {
  /** What is known of a blob, or `undefined` where it is absent. */
  find(digest: Digest, options?: AbortOptions): Promise<BlobInfo | undefined>;

  /** The bytes of a blob. Fails with `not-found` before the first of them. */
  read(digest: Digest, options?: AbortOptions): AsyncIterable<Uint8Array>;

  /** Whether a blob is here and still what its name says. Every byte is read. */
  verify(digest: Digest, options?: VerifyOptions): Promise<boolean>;

  /**
   * Brings the blob that `want` names: `open` is asked for its bytes from an offset on, of which none is used after the next is
   * asked for. What arrived before a failure is kept, and survives a crash: the next time only the rest is asked for. Other
   * bytes are not (`failed-precondition`); where some of them were kept from before, it begins once more from 0. A blob that is
   * there already is verified, and brought anew where it is damaged. Of several who ingest one blob at once, one keeps what
   * arrives. Where there is no room for it, it fails with `resource-exhausted` before anything is asked for.
   */
  ingest(
    want: Pick<Descriptor, "digest" | "size">,
    open: (offset: number) => AsyncIterable<Uint8Array>,
    options?: IngestOptions,
  ): Promise<StagedBlob>;

  /** Gives staged blobs their names, all together. They survive a power cut on return. */
  commit(blobs: readonly StagedBlob[], options?: AbortOptions): Promise<void>;

  /** What has arrived of blobs that have no name, in no order. */
  listIngests(options?: AbortOptions): AsyncIterable<IngestInfo>;

  /** Drops what has arrived of a blob; what somebody holds staged, or is still arriving, or absent, is let be. */
  removeIngest(digest: Digest, options?: AbortOptions): Promise<void>;

  /** Takes a blob away; one that is absent is fine. A reader that has begun reads on. */
  remove(digest: Digest, options?: AbortOptions): Promise<void>;

  /** Every blob, in no order. */
  list(options?: AbortOptions): AsyncIterable<BlobInfo>;
}

export interface IngestOptions extends AbortOptions {
  /** Given the file that the blob is gathered in, to be closed by whom it is given to: once for each time that it begins. */
  readonly onFile?: ((file: BlobFile) => void) | undefined;
}

/** A blob that is whole and verified. Disposing of it lets go of it: without a name, it waits as an ingest for the next who wants it. */
export interface StagedBlob extends AsyncDisposable {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** The whole of it. */
  open(options?: AbortOptions): Promise<BlobFile>;
}

export interface VerifyOptions extends AbortOptions {
  /** Waited for after every so many bytes: whoever has time lets others go first. */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined;
}

export interface IngestInfo {
  readonly digest: Digest;
  /** Bytes that are here. */
  readonly arrived: number;
  /** Disk that it takes, in bytes: room that was made for the rest, too. */
  readonly bytes: number;
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
