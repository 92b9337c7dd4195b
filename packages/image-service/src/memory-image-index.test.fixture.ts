import type { AbortOptions } from "@stowage/errors";
import {
  type Damage,
  type FindByNameOptions,
  type Image,
  type ImageIndex,
  type ImageKey,
  type ImageRecord,
  imageKeyOf,
  type Lease,
  nameIn,
  nameKeyOf,
  neededBy,
  type PublishOptions,
  type RemoveOptions,
  type Resource,
} from "@stowage/images";
import type { Digest } from "@stowage/oci";

/** An index that forgets all with the process. */
export class MemoryImageIndex implements ImageIndex {
  readonly #records = new Map<ImageKey, ImageRecord & Pick<Image, "publishedAt">>();
  readonly #names = new Map<string, ImageKey>();
  readonly #leases = new Map<string, Lease>();
  readonly #damage = new Map<Resource, Damage>();
  readonly #pins = new Set<string>();
  readonly #previousNames = new Map<ImageKey, string>();

  async list({ signal }: AbortOptions = {}): Promise<readonly Image[]> {
    signal?.throwIfAborted();
    return [...this.#records.keys()].map((key) => this.#image(key)).filter((image) => image !== undefined);
  }

  async find(key: ImageKey, { signal }: AbortOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    return this.#image(key);
  }

  async findByName(name: string, { signal, handler }: FindByNameOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    const key = this.#names.get(nameKeyOf(name, handler));
    return key === undefined ? undefined : this.#image(key);
  }

  async publish(
    record: ImageRecord,
    names: readonly string[],
    options: PublishOptions = {},
  ): Promise<{ readonly image: Image; readonly isNew: boolean }> {
    options.signal?.throwIfAborted();
    const key = imageKeyOf(record);
    const isNew = !this.#records.has(key);
    const publishedAt = this.#records.get(key)?.publishedAt ?? Date.now();
    this.#records.set(key, { ...record, publishedAt });
    for (const name of names) {
      this.#noteLoss(nameKeyOf(name, record.handler), key);
      this.#names.set(nameKeyOf(name, record.handler), key);
    }
    for (const resource of options.mended ?? []) this.#damage.delete(resource);
    if (options.lease !== undefined) this.#leases.set(options.lease.holder, options.lease);
    const image = this.#image(key);
    if (image === undefined) throw new Error("it was published just now");
    return { image, isNew };
  }

  async remove(key: ImageKey, { signal, endLeases = [] }: RemoveOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    const image = this.#image(key);
    this.#records.delete(key);
    for (const [name, owner] of this.#names) if (owner === key) this.#names.delete(name);
    await this.endLeases(endLeases);
    return image;
  }

  async removeNames(names: readonly string[], { handler }: FindByNameOptions = {}): Promise<void> {
    for (const name of names) {
      this.#noteLoss(nameKeyOf(name, handler));
      this.#names.delete(nameKeyOf(name, handler));
    }
  }

  async listPins(): Promise<readonly string[]> {
    return [...this.#pins].toSorted();
  }

  async pin(names: readonly string[]): Promise<void> {
    for (const name of names) this.#pins.add(name);
  }

  async unpin(names: readonly string[]): Promise<void> {
    for (const name of names) this.#pins.delete(name);
  }

  async forgetBlobs(digests: readonly Digest[]): Promise<void> {
    for (const [key, record] of this.#records) {
      const layers = record.layers.map((layer) => ({
        ...layer,
        kept: layer.kept && !digests.includes(layer.blob.digest),
      }));
      this.#records.set(key, { ...record, layers });
    }
  }

  async reportDamage(damage: readonly Damage[]): Promise<void> {
    for (const each of damage) this.#damage.set(each.resource, each);
  }

  async listDamage(): Promise<readonly Damage[]> {
    return [...this.#damage.values()];
  }

  async endDamage(resources: readonly Resource[]): Promise<void> {
    for (const resource of resources) this.#damage.delete(resource);
  }

  async listUnreadable(): Promise<readonly ImageKey[]> {
    return [];
  }

  async listLeases(): Promise<readonly Lease[]> {
    return [...this.#leases.values()].toSorted((one, other) => one.holder.localeCompare(other.holder));
  }

  async takeLease(lease: Lease): Promise<void> {
    this.#leases.set(lease.holder, lease);
  }

  async endLeases(holders: readonly string[]): Promise<void> {
    for (const holder of holders) this.#leases.delete(holder);
  }

  #image(key: ImageKey): Image | undefined {
    const record = this.#records.get(key);
    if (record === undefined) return undefined;
    const damage = neededBy(record).map((resource) => this.#damage.get(resource));
    const names = this.#namesOf(key);
    const pins = [record.id, ...names.tags, ...names.digests].filter((name) => this.#pins.has(name)).toSorted();
    const previous = this.#previousNames.get(key);
    const previousName = previous === undefined || names.tags.includes(previous) ? {} : { previousName: previous };
    return { ...record, ...names, ...previousName, pins, damage: damage.filter((each) => each !== undefined) };
  }

  #noteLoss(name: string, to?: ImageKey): void {
    const loser = this.#names.get(name);
    if (loser !== undefined && loser !== to && !name.includes("@")) this.#previousNames.set(loser, nameIn(name));
  }

  #namesOf(key: ImageKey): Pick<Image, "tags" | "digests"> {
    const owned = [...this.#names.keys()].filter((name) => this.#names.get(name) === key);
    const names = owned.map(nameIn).toSorted();
    return {
      tags: names.filter((name) => !name.includes("@")),
      digests: names.filter((name) => name.includes("@")),
    };
  }
}
