import type { AbortOptions } from "@stowage/errors";
import {
  type Damage,
  type Image,
  type ImageIndex,
  type ImageRecord,
  type Lease,
  neededBy,
  type PublishOptions,
  type RemoveOptions,
  type Resource,
} from "@stowage/images";
import type { Digest } from "@stowage/oci";

/** An index that forgets all with the process. */
export class MemoryImageIndex implements ImageIndex {
  readonly #records = new Map<Digest, ImageRecord & Pick<Image, "publishedAt">>();
  readonly #names = new Map<string, Digest>();
  readonly #leases = new Map<string, Lease>();
  readonly #damage = new Map<Resource, Damage>();

  async list({ signal }: AbortOptions = {}): Promise<readonly Image[]> {
    signal?.throwIfAborted();
    return [...this.#records.keys()].map((id) => this.#image(id)).filter((image) => image !== undefined);
  }

  async find(id: Digest, { signal }: AbortOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    return this.#image(id);
  }

  async findByName(name: string, { signal }: AbortOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    const id = this.#names.get(name);
    return id === undefined ? undefined : this.#image(id);
  }

  async publish(record: ImageRecord, names: readonly string[], options: PublishOptions = {}): Promise<Image> {
    options.signal?.throwIfAborted();
    const publishedAt = this.#records.get(record.id)?.publishedAt ?? Date.now();
    this.#records.set(record.id, { ...record, publishedAt });
    for (const name of names) this.#names.set(name, record.id);
    for (const resource of options.mended ?? []) this.#damage.delete(resource);
    if (options.lease !== undefined) this.#leases.set(options.lease.holder, options.lease);
    return { ...record, ...this.#namesOf(record.id), publishedAt, damage: [] };
  }

  async remove(id: Digest, { signal, endLeases = [] }: RemoveOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    const image = this.#image(id);
    this.#records.delete(id);
    for (const name of [...(image?.tags ?? []), ...(image?.digests ?? [])]) this.#names.delete(name);
    await this.endLeases(endLeases);
    return image;
  }

  async forgetBlobs(digests: readonly Digest[]): Promise<void> {
    for (const [id, record] of this.#records) {
      const layers = record.layers.map((layer) => ({
        ...layer,
        kept: layer.kept && !digests.includes(layer.blob.digest),
      }));
      this.#records.set(id, { ...record, layers });
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

  async listUnreadable(): Promise<readonly Digest[]> {
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

  #image(id: Digest): Image | undefined {
    const record = this.#records.get(id);
    if (record === undefined) return undefined;
    const damage = neededBy(record).map((resource) => this.#damage.get(resource));
    return { ...record, ...this.#namesOf(id), damage: damage.filter((each) => each !== undefined) };
  }

  #namesOf(id: Digest): Pick<Image, "tags" | "digests"> {
    const names = [...this.#names.keys()].filter((name) => this.#names.get(name) === id).toSorted();
    return {
      tags: names.filter((name) => !name.includes("@")),
      digests: names.filter((name) => name.includes("@")),
    };
  }
}
