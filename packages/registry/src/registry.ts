import type { Credential } from "@stowage/auth";
import type { AbortOptions } from "@stowage/errors";
import type { Descriptor, Document } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import type { Keychain } from "./host.ts";
import type { RegistryEvent } from "./registry-event.ts";

/**
 * Where images come from. Whatever it returns was hashed here: bytes that are not what was named are
 * `failed-precondition`, whatever a header says. A host that refuses the caller is `unauthenticated` or
 * `permission-denied`, a missing thing `not-found`, a registry that cannot be reached a `RegistryUnavailableError`.
 */
export interface Registry {
  /** What a tag or a digest names now. With a tag and a digest, the digest decides. Always asks the registry. */
  resolve(reference: Reference, options?: RegistryOptions): Promise<FetchedDocument>;

  /** The manifest or index that `want` describes, usually an entry of an index that `resolve` returned. */
  document(repository: Repository, want: Descriptor, options?: RegistryOptions): Promise<FetchedDocument>;

  /**
   * The bytes of a blob in order, as they arrive; it throws, at its end at the latest, unless they are what `want` names.
   * With a range they come unverified: whoever has the rest verifies the whole.
   */
  blob(
    repository: Repository,
    want: Pick<Descriptor, "digest" | "size">,
    options?: BlobOptions,
  ): AsyncIterable<Uint8Array>;
}

/**
 * The part of a reference that blobs belong to: `docker.io` and `library/alpine`. Its tag and digest, where it has them, say
 * on behalf of which reference the call is made: some mirrors are for tags only, and some for digests.
 */
export type Repository = Pick<Reference, "domain" | "path"> & Partial<Pick<Reference, "tag" | "digest">>;

export interface RegistryOptions extends AbortOptions {
  /** Whose authority the call has; without one the keychain is asked. It is sent to the repository's own host only. */
  readonly credential?: Credential | undefined;
  /** Asked instead of the machine's: what it does not know is not looked for there. */
  readonly keychain?: Keychain | undefined;
  /** Speak http to this registry, not https. */
  readonly plainHttp?: boolean | undefined;
  /** For people, not for control. */
  readonly onEvent?: ((event: RegistryEvent) => void) | undefined;
}

export interface BlobOptions extends RegistryOptions {
  /** Gets the `host[:port]` of each mirror that sends something of it: whom to `avoid` if that turns out to be other bytes. */
  readonly mirrors?: Set<string> | undefined;
  /** Hosts, `host[:port]`, that are not asked. */
  readonly avoid?: ReadonlySet<string> | undefined;
  readonly range?: ByteRange | undefined;
  /**
   * Each block is lent, until the next is asked for; then its memory is used again. For those who write or hash a block and
   * are done with it: it takes half the time and memory. By default every block is the reader's to keep.
   */
  readonly lend?: boolean | undefined;
  /**
   * Where else the blob may be had (a descriptor's `urls`): asked, without any credential, where the hosts do not have it.
   * By default nowhere else.
   */
  readonly foreignUrls?: readonly string[] | undefined;
}

/** Bytes from `start` up to, not including, `end`; without an end, up to the last. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number | undefined;
}

/** A document, the bytes it was read from, and what those bytes are called. */
export interface FetchedDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly document: Document;
}
