import type { AbortOptions } from "@stowage/errors";
import { type Image, type ImageIndex, imageKeyOf, type Resource, resourcesOf } from "@stowage/images";
import type { Usage } from "@stowage/snapshots";
import { type CollectDependencies, type CollectOptions, collectImage, collectUnheld, dropBlobs } from "./collect.ts";
import type { Collection } from "./collection.ts";
import type { CollectionOptions, Removal } from "./image-service.ts";
import type { Retention } from "./retention.ts";
import { isImageHolder, type Roots } from "./roots.ts";
import { traced } from "./trace.ts";
import { UsageLedger } from "./usage-ledger.ts";

export interface CollectorDependencies extends CollectDependencies {
  readonly images: Pick<ImageIndex, "list" | "listLeases">;
  readonly roots: Pick<Roots, "remove"> & CollectDependencies["roots"];
}

/** Gives disk back, and knows how much is taken. */
export class Collector {
  readonly #dependencies: CollectorDependencies;
  readonly #retention: () => Retention;
  readonly #ledger = new UsageLedger();
  /** What the last collection left that no image has. */
  #unheld: Usage = { bytes: 0, inodes: 0 };
  /** Images that were removed since, and what they had may still be held. */
  readonly #removed = new Set<Image>();

  constructor(dependencies: CollectorDependencies, retention: () => Retention) {
    this.#dependencies = dependencies;
    this.#retention = retention;
  }

  async usage(options: AbortOptions): Promise<Usage> {
    const { images, holdings } = this.#dependencies;
    const isHeld = (part: Resource): boolean => holdings.isHeld(part);
    const { bytes, inodes } = this.#ledger.add(await images.list(options), this.#removed, isHeld);
    return { bytes: bytes + this.#unheld.bytes, inodes: inodes + this.#unheld.inodes };
  }

  /** Removes an image, and gives back what nobody holds of it; `undefined` where it is gone already. */
  async remove(image: Image, options: AbortOptions & { readonly endLease: boolean }): Promise<Removal | undefined> {
    const removed = await this.#dependencies.roots.remove(imageKeyOf(image), options);
    return removed === undefined ? undefined : await this.giveBackOf(removed);
  }

  /** Gives back what nobody holds of an image that was removed just now. */
  async giveBackOf(removed: Image): Promise<Removal> {
    const { holdings } = this.#dependencies;
    const freed = await collectImage(this.#dependencies, removed);
    const left = resourcesOf(removed).map((resource) => holdings.holdersOf(resource));
    if (left.some((holders) => holders.length > 0)) this.#removed.add(removed);
    const own = left.filter((holders) => !holders.some(isImageHolder)); // the others are shared with images that stay
    return { image: removed, freed, holders: [...new Set(own.flat())] };
  }

  /** As the settings have it. */
  collect(options: CollectionOptions): Promise<Collection> {
    return this.#collect({ ...options, retention: this.#retention() });
  }

  /** On a full disk nothing is kept that is not needed, but for what is always to be kept. */
  async giveBack(options: AbortOptions): Promise<void> {
    const layers = this.#retention().layers === "all" ? "all" : "budget";
    await this.#collect({ ...options, retention: { layers, bytes: 0, seconds: 0 } });
  }

  /** After somebody has let go of these. */
  async collectFreed(freed: readonly Resource[], options: AbortOptions): Promise<void> {
    if (freed.length === 0) return;
    await dropBlobs(this.#dependencies, freed);
    await this.collect(options);
  }

  async #collect(options: CollectOptions): Promise<Collection> {
    const before = options.dryRun === true ? [] : [...this.#removed];
    const work = () => collectUnheld(this.#dependencies, options);
    const { unheld, collection } = await traced("stowage.store.collect", {}, work);
    this.#unheld = unheld;
    for (const image of before) this.#removed.delete(image); // what is left of them is in the sum
    return collection;
  }
}
