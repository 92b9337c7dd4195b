import type { Descriptor, Digest } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import type { RegistryOptions, Repository } from "./registry.ts";

/**
 * How images get into a registry, and out of it again. First come the blobs, then the documents that name them. It fails as
 * `Registry` does, and with `invalid-argument` where the registry does not accept what it is given.
 */
export interface RegistryPushing {
  /**
   * Puts a blob into a repository, unless it is there. Bytes that are not what was named are `failed-precondition`, and no
   * blob comes of them; where giving them fails, that failure is passed on as it came.
   */
  pushBlob(repository: Repository, blob: PushedBlob, options?: PushBlobOptions): Promise<BlobPush>;

  /**
   * Puts a manifest or an index into a repository: under the tag where `repository` has one, else under its digest; a digest
   * beside it must be that of the bytes. One with a subject is a referrer from then on, also where the registry keeps no list
   * of them. Fails with `invalid-argument` for what is no document.
   */
  pushDocument(repository: Repository, document: PushedDocument, options?: RegistryOptions): Promise<Descriptor>;

  /**
   * Takes a manifest out of its repository, with all its tags, where the reference has a digest; else the tag alone. Fails
   * with `failed-precondition` where the registry does not allow that.
   */
  remove(reference: Reference, options?: RegistryOptions): Promise<void>;

  /** Takes a blob out of its repository. Fails with `failed-precondition` where the registry does not allow that. */
  removeBlob(repository: Repository, digest: Digest, options?: RegistryOptions): Promise<void>;
}

/** A blob by its name, and how to get at its bytes. */
export interface PushedBlob extends Pick<Descriptor, "digest" | "size"> {
  /** The bytes from an offset on; called again where they have to be sent again. Its blocks must stay as they are. */
  readonly open: (from: number) => AsyncIterable<Uint8Array>;
}

/** What came of a push: the bytes were sent, the registry took the blob from another repository, or it had it. */
export type BlobPush = "pushed" | "mounted" | "present";

export interface PushBlobOptions extends RegistryOptions {
  /** The path of another repository of this registry that may have the blob, and which the caller may pull from. */
  readonly mountFrom?: string | undefined;
  /** Sends the bytes in requests of this many, so that less is sent again after a cut. By default they go in one. */
  readonly chunkBytes?: number | undefined;
}

/** A document as it is stored. */
export interface PushedDocument {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}
