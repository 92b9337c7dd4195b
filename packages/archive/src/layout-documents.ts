import { type Descriptor, isImageConfig, mediaTypes } from "@stowage/oci";
import type { ExportedImage } from "./exported-image.ts";
import { blobPath, nameAnnotations } from "./oci-layout.ts";

/** What `oci-layout` says (OCI image-spec, image-layout.md). */
export const layoutMarker: Uint8Array = Buffer.from('{"imageLayoutVersion":"1.0.0"}');

/** Entries of `index.json`: an image has one for each of its names, or one without a name. */
export function entriesOf({ names, root }: ExportedImage): readonly Descriptor[] {
  const { mediaType, digest, size } = root;
  if (names.length === 0) return [{ mediaType, digest, size }];
  return names.map((name) => {
    const annotations = { [nameAnnotations.containerd]: name, [nameAnnotations.oci]: tagOf(name) };
    return { mediaType, digest, size, annotations };
  });
}

/** `more` are other fields of the index. */
export function encodeLayoutIndex(manifests: readonly unknown[], more: object = {}): Uint8Array {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, ...more, manifests }));
}

/** docker's list of images. Of those of one index the first has the names, because docker gives each to one image. */
export function encodeDockerList(images: readonly ExportedImage[]): Uint8Array {
  const entries = images.flatMap(({ names, manifests }) =>
    manifests
      .filter(({ config }) => isImageConfig(config.mediaType) !== false)
      .map(({ config, layers }, at) => ({
        Config: blobPath(config.digest),
        RepoTags: at === 0 ? names : [],
        Layers: layers.map(({ digest }) => blobPath(digest)),
      })),
  );
  return Buffer.from(JSON.stringify(entries));
}

/** What the spec means by the name of an entry: containerd and docker write the tag alone. */
function tagOf(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1);
}
