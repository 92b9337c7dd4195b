import type { AbortOptions } from "@stowage/errors";
import type { Image, ImageIndex, ImageRecord } from "@stowage/images";
import type { Digest } from "@stowage/oci";

/** An index that forgets all with the process. */
export class MemoryImageIndex implements ImageIndex {
  readonly #records = new Map<Digest, ImageRecord & Pick<Image, "publishedAt">>();
  readonly #names = new Map<string, Digest>();

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

  async publish(record: ImageRecord, names: readonly string[], { signal }: AbortOptions = {}): Promise<Image> {
    signal?.throwIfAborted();
    const publishedAt = this.#records.get(record.id)?.publishedAt ?? Date.now();
    this.#records.set(record.id, { ...record, publishedAt });
    for (const name of names) this.#names.set(name, record.id);
    return { ...record, ...this.#namesOf(record.id), publishedAt };
  }

  async remove(id: Digest, { signal }: AbortOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    const image = this.#image(id);
    this.#records.delete(id);
    for (const name of [...(image?.tags ?? []), ...(image?.digests ?? [])]) this.#names.delete(name);
    return image;
  }

  #image(id: Digest): Image | undefined {
    const record = this.#records.get(id);
    return record === undefined ? undefined : { ...record, ...this.#namesOf(id) };
  }

  #namesOf(id: Digest): Pick<Image, "tags" | "digests"> {
    const names = [...this.#names.keys()].filter((name) => this.#names.get(name) === id).toSorted();
    return {
      tags: names.filter((name) => !name.includes("@")),
      digests: names.filter((name) => name.includes("@")),
    };
  }
}
