import { blobResource, type Image, keptBlobs, layersOf, type Resource } from "@stowage/images";

/** What an image takes of the disk: alone, and together with others. */
export interface ImageShare {
  readonly image: Image;
  /** Bytes of what no other image has. */
  readonly unique: number;
  readonly shared: number;
}

/** The shares of all images, in their order. What one image has for several runtime handlers is shared among those. */
export function sharesOf(images: readonly Image[]): readonly ImageShare[] {
  const parts = images.map(bytesOfParts);
  const owners = new Map<Resource, number>();
  for (const resource of parts.flatMap((part) => [...part.keys()]))
    owners.set(resource, (owners.get(resource) ?? 0) + 1);
  return images.map((image, at) => {
    let [unique, shared] = [0, 0];
    for (const [resource, bytes] of parts[at] ?? []) {
      if (owners.get(resource) === 1) unique += bytes;
      else shared += bytes;
    }
    return { image, unique, shared };
  });
}

function bytesOfParts(image: Image): ReadonlyMap<Resource, number> {
  const layers = layersOf(image).map((resource, at): [Resource, number] => [resource, image.layers[at]?.bytes ?? 0]);
  return new Map([
    ...keptBlobs(image).map(({ digest, size }): [Resource, number] => [blobResource(digest), size]),
    ...layers,
  ]);
}
