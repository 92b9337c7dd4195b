import {
  type Damage,
  type Image,
  type ImageKey,
  type ImageRecord,
  imageKeyOf,
  nameIn,
  neededBy,
} from "@stowage/images";
import type { ImageRow, IndexRows } from "./index-rows.ts";

/** The images as questions are answered: what the rows say, with names, pins and damage put together. */
export class ShownImages {
  readonly #rows: IndexRows;
  /** In the order of publication. */
  readonly #images = new Map<ImageKey, Image>();
  /** By the keys of the names. */
  readonly #keyByName = new Map<string, ImageKey>();

  constructor(rows: IndexRows) {
    this.#rows = rows;
    for (const [key, { names }] of rows.images) {
      for (const name of names) this.#keyByName.set(name, key);
      this.show(key);
    }
  }

  list(): readonly Image[] {
    return [...this.#images.values()];
  }

  find(key: ImageKey): Image | undefined {
    return this.#images.get(key);
  }

  findByName(nameKey: string): Image | undefined {
    const key = this.#keyByName.get(nameKey);
    return key === undefined ? undefined : this.#images.get(key);
  }

  /** The images that lose one of these names where it is given to `to`, or to nobody, with the last that each loses. */
  losers(nameKeys: readonly string[], to?: ImageKey): ReadonlyMap<ImageKey, string> {
    const tags = nameKeys.filter((name) => !nameIn(name).includes("@"));
    const lost = tags.flatMap((name): [ImageKey, string][] => {
      const key = this.#keyByName.get(name);
      return key === undefined || key === to ? [] : [[key, nameIn(name)]];
    });
    return new Map(lost);
  }

  /** Takes an image in, or another record of it, and gives it names. */
  put(record: ImageRecord, nameKeys: readonly string[], now: number): Image {
    const key = imageKeyOf(record);
    const row = this.#rows.images.get(key) ?? { publishedAt: now, names: new Set() };
    this.#rows.images.set(key, { ...row, record });
    for (const name of nameKeys) this.#giveName(name, key);
    const image = this.show(key);
    if (image === undefined) throw new Error(`image ${key} was published and is not there`);
    return image;
  }

  remove(key: ImageKey): Image | undefined {
    const image = this.#images.get(key);
    for (const name of this.#rows.images.get(key)?.names ?? []) this.#keyByName.delete(name);
    this.#rows.images.delete(key);
    this.#images.delete(key);
    return image;
  }

  removeNames(nameKeys: readonly string[]): void {
    for (const name of nameKeys) {
      const key = this.#keyByName.get(name);
      if (key === undefined) continue;
      this.#keyByName.delete(name);
      this.#takeName(name, key);
    }
  }

  showAll(): void {
    for (const key of this.#rows.images.keys()) this.show(key);
  }

  /** Brings what is answered of one image up to what its row says. */
  show(key: ImageKey): Image | undefined {
    const row = this.#rows.images.get(key);
    if (row?.record === undefined) return undefined;
    const names = [...row.names].map(nameIn).toSorted();
    const image: Image = {
      ...row.record,
      tags: names.filter((name) => !name.includes("@")),
      digests: names.filter((name) => name.includes("@")),
      ...previousNameOf(row, names),
      pins: [row.record.id, ...names].filter((name) => this.#rows.pins.has(name)).toSorted(),
      publishedAt: row.publishedAt,
      damage: this.#damageOf(row.record),
    };
    this.#images.set(key, image);
    return image;
  }

  #giveName(name: string, key: ImageKey): void {
    const before = this.#keyByName.get(name);
    if (before === key) return;
    this.#keyByName.set(name, key);
    this.#changeNames(key, (names) => names.add(name));
    if (before !== undefined) this.#takeName(name, before);
  }

  #takeName(name: string, key: ImageKey): void {
    this.#changeNames(key, (names) => names.delete(name));
    const row = this.#rows.images.get(key);
    const lost = nameIn(name);
    if (row !== undefined && !lost.includes("@")) this.#rows.images.set(key, { ...row, previousName: lost });
    this.show(key);
  }

  #changeNames(key: ImageKey, change: (names: Set<string>) => void): void {
    const row: ImageRow | undefined = this.#rows.images.get(key);
    if (row === undefined) return;
    const names = new Set(row.names);
    change(names);
    this.#rows.images.set(key, { ...row, names });
  }

  #damageOf(record: ImageRecord): readonly Damage[] {
    const { damage } = this.#rows;
    if (damage.size === 0) return [];
    return neededBy(record).flatMap((resource) => {
      const why = damage.get(resource);
      return why === undefined ? [] : [{ resource, why }];
    });
  }
}

/** One that it has got back is none. */
function previousNameOf({ previousName }: ImageRow, names: readonly string[]): Pick<Image, "previousName"> {
  return previousName === undefined || names.includes(previousName) ? {} : { previousName };
}
