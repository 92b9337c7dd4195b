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
  /** In the archive's order. */
  readonly images: readonly ArchivedImage[];
  /** The bytes of a blob from an offset on. Fails with `not-found` where it is missing. Several can be read at once. */
  read(digest: Digest, from?: number): AsyncIterable<Uint8Array>;
}

export type ArchiveForm = "oci-layout" | "oci-archive" | "docker-archive" | "dir";

/** A path of a directory or a file, or the bytes themselves. */
export type ArchiveSource = string | AsyncIterable<Uint8Array>;
