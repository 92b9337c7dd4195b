import { diffIdsOf, type Image, keptBlobs } from "@stowage/images";
import { chainIds } from "@stowage/oci";
import type { Usage } from "@stowage/snapshots";

/** What images take, by what takes it: `blob <digest>` or `layer <chain id>`. The two digests can be the same. */
type Parts = ReadonlyMap<string, Usage>;

/** Adds up what images take together. What an image consists of is worked out once: chain ids cost a hash a layer. */
export class UsageLedger {
  readonly #parts = new WeakMap<Image, Parts>();

  /** The sum over all images, what they share counted once. */
  add(images: readonly Image[]): Usage {
    const parts = new Map(images.flatMap((image) => [...this.#partsOf(image)]));
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
  const parts = new Map<string, Usage>(
    keptBlobs(image).map(({ digest, size }) => [`blob ${digest}`, { bytes: size, inodes: 1 }]),
  );
  const chains = chainIds(diffIdsOf(image));
  for (const [at, { bytes, inodes }] of image.layers.entries()) {
    parts.set(`layer ${chains[at]}`, { bytes, inodes });
  }
  return parts;
}
