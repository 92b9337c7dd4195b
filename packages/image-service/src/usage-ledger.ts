import { blobResource, type Image, keptBlobs, layersOf, type Resource } from "@stowage/images";
import type { Usage } from "@stowage/snapshots";

/** What images take, by what takes it. */
type Parts = ReadonlyMap<Resource, Usage>;

/** Adds up what images take together. What an image consists of is worked out once: chain ids cost a hash a layer. */
export class UsageLedger {
  readonly #parts = new WeakMap<Image, Parts>();

  /** The sum over all images, what they share counted once, and over what is still held of those that were removed. */
  add(images: readonly Image[], removed: Iterable<Image>, isHeld: (part: Resource) => boolean): Usage {
    const parts = new Map(images.flatMap((image) => [...this.#partsOf(image)]));
    for (const image of removed) {
      for (const [part, usage] of this.#partsOf(image)) if (isHeld(part)) parts.set(part, usage);
    }
    let bytes = 0;
    let inodes = 0;
    for (const part of parts.values()) {
      bytes += part.bytes;
      inodes += part.inodes;
    }
    return { bytes, inodes };
  }

  #partsOf(image: Image): Parts {
    const known = this.#parts.get(image);
    if (known !== undefined) return known;
    const parts = partsOf(image);
    this.#parts.set(image, parts);
    return parts;
  }
}

function partsOf(image: Image): Parts {
  const parts = new Map<Resource, Usage>(
    keptBlobs(image).map(({ digest, size }) => [blobResource(digest), { bytes: size, inodes: 1 }]),
  );
  for (const [at, layer] of layersOf(image).entries()) {
    const { bytes = 0, inodes = 0 } = image.layers[at] ?? {};
    parts.set(layer, { bytes, inodes });
  }
  return parts;
}
