import { type Descriptor, type Digest, digestOf, mediaTypes } from "@stowage/oci";

export interface ArtifactRecipe {
  readonly artifactType: string;
  readonly files: readonly { readonly title: string; readonly mediaType: string; readonly content: string }[];
}

/** An artifact as a registry serves it: the empty config that all share, and files that are no layers. */
export interface MadeArtifact {
  readonly root: { readonly bytes: Uint8Array; readonly mediaType: string };
  /** What the digest of the root is. */
  readonly digest: Digest;
  readonly documents: readonly [];
  readonly blobs: readonly Uint8Array[];
  readonly files: readonly Descriptor[];
}

/** Makes an artifact to order (OCI image-spec 1.1, manifest.md, "Guidelines for Artifact Usage"). */
export function makeArtifact({ artifactType, files }: ArtifactRecipe): MadeArtifact {
  const blobs = files.map(({ content }) => Buffer.from(content));
  const layers = files.map(({ title, mediaType, content }) => ({
    mediaType,
    digest: digestOf(content),
    size: Buffer.byteLength(content),
    annotations: { "org.opencontainers.image.title": title },
  }));
  const empty = Buffer.from("{}");
  const config = { mediaType: mediaTypes.ociEmpty, digest: digestOf(empty), size: empty.length };
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType, config, layers };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const root = { bytes, mediaType: mediaTypes.ociManifest };
  return { root, digest: digestOf(bytes), documents: [], blobs: [empty, ...blobs], files: layers };
}
