import type { ArchiveOrigin } from "@stowage/admission";
import { type AbortOptions, StowageError } from "@stowage/errors";
import { collectBytes, type Descriptor, type Digest, decodeDocument, maxDocumentBytes, verified } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import type { FetchedDocument, Registry } from "@stowage/registry";
import type { PullOptions } from "./pull-event.ts";

/** An image that is somewhere else than in a registry: in an archive, say. Nothing of it is trusted. */
export interface ImageSource {
  /** What it begins with: a manifest, or an index to choose one from. */
  readonly root: Descriptor;
  /** What the image is to be called here, normalised, with a tag or with the digest of the root. */
  readonly names: readonly Reference[];
  /** Where it is, by which policies judge it; where it is left out, they judge it as from nowhere. */
  readonly origin?: ArchiveOrigin | undefined;
  /** The bytes of one of its documents or blobs, from an offset on. Fails with `not-found` where it has no such. */
  read(digest: Digest, from: number, options?: AbortOptions): AsyncIterable<Uint8Array>;
}

/** Has sources, by the names of images. */
export interface ImageSources {
  /** Fails with `not-found` where there is no such. */
  open(name: string, options?: AbortOptions): Promise<ImageSource & AsyncDisposable>;
}

export interface LoadOptions
  extends Pick<PullOptions, "signal" | "handler" | "namespace" | "platform" | "onProgress" | "progressMilliseconds"> {
  /** Take names that other images have, pinned or not. */
  readonly force?: boolean | undefined;
}

/** The source as if it were a registry that has the one image. Documents and whole blobs are verified. */
export function registryOf(source: ImageSource): Registry {
  const document = async (want: Descriptor, { signal }: AbortOptions): Promise<FetchedDocument> => {
    if (want.size > maxDocumentBytes) throw tooLarge(want);
    const bytes = await collectBytes(verified(source.read(want.digest, 0, { signal }), want), maxDocumentBytes);
    return { descriptor: want, bytes, document: decodeDocument(bytes, want.mediaType) };
  };
  return {
    resolve: (_reference, options = {}) => document(source.root, options),
    document: (_repository, want, options = {}) => document(want, options),
    blob: (_repository, want, { range, signal } = {}) => {
      const bytes = source.read(want.digest, range?.start ?? 0, { signal });
      return range === undefined ? verified(bytes, want) : bytes;
    },
  };
}

function tooLarge({ digest, size }: Descriptor): StowageError {
  const why = `it has ${size} bytes, and ${maxDocumentBytes} are allowed`;
  return new StowageError("invalid-argument", `Cannot read document ${digest}: ${why}`);
}
