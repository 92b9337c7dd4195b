import type { StoredImage, StoredLayer } from "@stowage/containers-storage";
import { asStorageError } from "@stowage/errors";
import type { Image, ImageReaders } from "@stowage/images";
import type { Snapshotter } from "@stowage/snapshots";
import type { Consumers } from "./consumers.ts";
import { ImageRecords, type ImageRecordsPlace } from "./image-records.ts";
import { LayerRecords, type StoredLayers } from "./layer-records.ts";
import { type LayerToStore, layersToStore, storedImageOf } from "./stored-images.ts";

export interface AdditionalStoreOptions extends ImageRecordsPlace {
  readonly snapshots: Pick<Snapshotter, "find">;
  /** Who may stand on layers whose images have gone: they are told of those layers for as long. */
  readonly consumers: Consumers;
}

/**
 * The records by which podman, CRI-O, buildah and skopeo read images where they are, with the storage under `root` as an additional
 * image store. They follow from what the store has: where they are lost, the next call makes them anew.
 */
export function createAdditionalStore(options: AdditionalStoreOptions): ImageReaders {
  return new AdditionalStore(options);
}

class AdditionalStore implements ImageReaders {
  readonly #options: AdditionalStoreOptions;
  readonly #layers: LayerRecords;
  readonly #images: ImageRecords;
  /** Bytes of plain tars, by the ids of layers. */
  readonly #tarSizes = new Map<string, number>();

  constructor(options: AdditionalStoreOptions) {
    this.#options = options;
    this.#layers = new LayerRecords(options.root, options.durability);
    this.#images = new ImageRecords(options);
  }

  /** Layers are told before the images that are made of them, and are told until those are not any more. */
  async show(images: readonly Image[]): Promise<void> {
    try {
      const before = await this.#layers.read();
      const wanted = await this.#describe(images);
      await this.#layers.write(new Map([...before, ...wanted.layers]));
      await this.#images.write(wanted.images);
      const used = usedOf(before, await this.#options.consumers.parents()); // asked when nobody can begin to use more
      await this.#layers.write(new Map([...used, ...wanted.layers]));
    } catch (error) {
      throw asStorageError(error, "tell other programs of the images");
    }
  }

  async #describe(
    images: readonly Image[],
  ): Promise<{ readonly images: readonly StoredImage[]; readonly layers: StoredLayers }> {
    const layers = new Map<string, StoredLayer>();
    const told: StoredImage[] = [];
    for (const image of images) {
      const stored = storedImageOf(image);
      if (stored === undefined) continue;
      told.push(stored);
      for (const { chain, ...layer } of layersToStore(image)) {
        if (layers.has(layer.id)) continue;
        layers.set(layer.id, { ...layer, tarSize: await this.#tarSize(layer.id, chain) });
      }
    }
    return { images: told, layers };
  }

  async #tarSize(id: string, chain: LayerToStore["chain"]): Promise<number> {
    const known = this.#tarSizes.get(id);
    if (known !== undefined) return known;
    const found = await this.#options.snapshots.find(chain);
    if (found !== undefined) this.#tarSizes.set(id, found.tarSize);
    return found?.tarSize ?? 0; // lost behind our back: whoever looks at the layer will find that out
  }
}

/** The layers that others stand on, with all below them. */
function usedOf(layers: StoredLayers, parents: ReadonlySet<string> | "all"): StoredLayers {
  if (parents === "all") return layers;
  const used = new Set<string>();
  for (const parent of parents) {
    for (let layer = layers.get(parent); layer !== undefined; layer = layers.get(layer.parent ?? ""))
      used.add(layer.id);
  }
  return new Map([...layers].filter(([id]) => used.has(id)));
}
