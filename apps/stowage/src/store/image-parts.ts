import { blobResource, diffIdsOf, type Image, layersOf, type Resource } from "@stowage/images";
import { chainIds, type Digest } from "@stowage/oci";

/** A part of an image, and what it is to it: `its manifest`, `layer 2 of 5`. */
export interface ImagePart {
  readonly resource: Resource;
  /** Every digest that it goes by. */
  readonly digests: readonly Digest[];
  readonly as: string;
}

/** Everything that an image consists of, whether or not it is here. */
export function partsOf(image: Image): readonly ImagePart[] {
  const { manifest, index, config, files = [], layers } = image;
  const blob = (digest: Digest, as: string): ImagePart => ({ resource: blobResource(digest), digests: [digest], as });
  const chains = chainIds(diffIdsOf(image));
  return [
    blob(manifest.digest, "its manifest"),
    ...(index === undefined ? [] : [blob(index.digest, "the index that it was chosen from")]),
    blob(config.digest, "its config"),
    ...files.map(({ digest }) => blob(digest, "one of its files")),
    ...layers.map((layer, at) => blob(layer.blob.digest, `the blob of layer ${at + 1} of ${layers.length}`)),
    ...layersOf(image).map((resource, at): ImagePart => {
      const digests = [chains[at], layers[at]?.diffId].filter((digest) => digest !== undefined);
      return { resource, digests, as: `layer ${at + 1} of ${layers.length}` };
    }),
  ];
}
