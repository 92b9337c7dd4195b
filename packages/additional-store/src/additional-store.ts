import { asStorageError } from "@stowage/errors";
import type { Image, ImageReaders } from "@stowage/images";
import type { Snapshotter } from "@stowage/snapshots";
import type { Consumers } from "./consumers.ts";
import { type ImageRecord, ImageRecords, type ImageRecordsPlace, imageRecordOf } from "./image-records.ts";
import { type LayerRecord, LayerRecords, type LayersById, layerRecordOf } from "./layer-records.ts";
import { layersToStore, storedImageOf } from "./stored-images.ts";

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

/** What of one image is told. */
interface Told {
  readonly image: ImageRecord;
  /** With their ids, bottom first. */
  readonly layers: readonly (readonly [id: string, layer: LayerRecord])[];
}

class AdditionalStore implements ImageReaders {
  readonly #options: AdditionalStoreOptions;
  readonly #layers: LayerRecords;
  readonly #images: ImageRecords;
  /** Images are the same objects until something about them changes. */
  readonly #told = new WeakMap<Image, Told | "nothing">();

  constructor(options: AdditionalStoreOptions) {
    this.#options = options;
    this.#layers = new LayerRecords(options.root, options.durability);
    this.#images = new ImageRecords(options);
  }

  /** Layers are told before the images that are made of them, and are told until those are not any more. */
  async show(images: readonly Image[]): Promise<void> {
    try {
      const told = await this.#describe(images);
      const wanted = new Map(told.toReversed().flatMap(({ layers }) => layers)); // of an image that came first, if of several
      await this.#layers.add(wanted);
      await this.#images.write(told.map(({ image }) => image));
      await this.#layers.keep(wanted, async (before) => usedOf(before, await this.#options.consumers.usedLayers()));
    } catch (error) {
      throw asStorageError(error, "tell other programs of the images");
    }
  }

  async hasTold(): Promise<boolean> {
    return !(await this.#layers.isEmpty());
  }

  async #describe(images: readonly Image[]): Promise<readonly Told[]> {
    const all: Told[] = [];
    for (const image of images) {
      const told = this.#told.get(image) ?? (await this.#describeOne(image));
      this.#told.set(image, told);
      if (told !== "nothing") all.push(told);
    }
    return all;
  }

  async #describeOne(image: Image): Promise<Told | "nothing"> {
    const stored = storedImageOf(image);
    if (stored === undefined) return "nothing";
    const layers: (readonly [string, LayerRecord])[] = [];
    for (const { chain, ...layer } of layersToStore(image)) {
      const found = await this.#options.snapshots.find(chain);
      const tarSize = found?.tarSize ?? 0; // lost behind our back: whoever looks at the layer will find that out
      layers.push([layer.id, layerRecordOf({ ...layer, tarSize })]);
    }
    return { image: imageRecordOf(stored), layers };
  }
}

/** The layers that others stand on, with all below them. */
function usedOf(layers: LayersById, parents: ReadonlySet<string> | "all"): LayersById {
  if (parents === "all") return layers;
  const used = new Set<string>();
  for (const parent of parents) {
    for (let id: string | undefined = parent; id !== undefined && layers.has(id); id = layers.get(id)?.parent)
      used.add(id);
  }
  return new Map([...layers].filter(([id]) => used.has(id)));
}
