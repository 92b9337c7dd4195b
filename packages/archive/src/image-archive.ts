import type { AbortOptions } from "@stowage/errors";
import type { Descriptor, Digest } from "@stowage/oci";

/** An image as an archive brings it along. Nothing of it is verified. */
export interface ArchivedImage {
  /** As they are written there, in the archive's order: whole references, or tags alone. There may be none. */
  readonly names: readonly string[];
  /** A manifest or an index. */
  readonly root: Descriptor;
}

/** An open archive, whose bytes are claims of whoever made it: who takes them verifies them. */
export interface ImageArchive extends AsyncDisposable {
  /** A tar that docker can load is `docker-archive`, also where it has an OCI layout, which is then what is read. */
  readonly form: ArchiveForm;
  /** Whether the roots are what the archive has, and not made here of docker's list: nobody else knows those by their digests. */
  readonly hasManifests: boolean;
  /** In the archive's order. */
  readonly images: readonly ArchivedImage[];
  /** The bytes of a blob from an offset on. Fails with `not-found` where it is missing. Several can be read at once. */
  read(digest: Digest, from?: number): AsyncIterable<Uint8Array>;
}

export type ArchiveForm = "oci-layout" | "oci-archive" | "docker-archive" | "dir";

/** A path of a directory or a file, or the bytes themselves. */
export type ArchiveSource = string | AsyncIterable<Uint8Array>;

/** What opening an archive is at, if it takes long: a stream or a compressed file is spooled, docker's layers are hashed. */
export type OpenProgress =
  /** `bytes` of the tar are in, of nobody knows how many. */
  | { readonly kind: "spooling"; readonly bytes: number }
  /** `bytes` of the `size` of a file of the archive are hashed; several take turns. */
  | { readonly kind: "hashing"; readonly path: string; readonly bytes: number; readonly size: number };

export interface OpenArchiveOptions extends AbortOptions {
  /** The directory that a stream or a compressed file is spooled into, without a name. `/var/tmp` if it is not given. */
  readonly scratch?: string | undefined;
  readonly onProgress?: ((progress: OpenProgress) => void) | undefined;
}
