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
import type { Durability } from "@stowage/linux";
import type { Digest } from "@stowage/oci";
import { openDatabase } from "./database.ts";
import { DatabaseWriter } from "./database-writer.ts";
import { orWithoutReserve, reservePath } from "./disk-reserve.ts";
import { parseRecord } from "./image-record.ts";
import { type ImageRow, type IndexRows, readRows } from "./index-rows.ts";
import {
  changeImage,
  deleteDamage,
  deleteImage,
  deleteLease,
  deleteOpenMark,
  putDamage,
  putImage,
  putLease,
  putName,
  putOpenMark,
} from "./statements.ts";
import { withoutBlobs } from "./without-blobs.ts";
import type { Statement } from "./write-request.ts";

export interface ImageIndexOptions {
  /** The boot that this process runs in, as the kernel names it. */
  readonly boot: string;
  /** Whether a change that was made survives a power cut (`full`, the default). */
  readonly durability?: Durability | undefined;
}

/** An index in a file, and whether what it says of the disk is to be believed. */
export interface SqliteImageIndex extends ImageIndex, AsyncDisposable {
  /** Whether the machine went down while the store was open, and nobody has looked since what became of it. */
  readonly isSuspect: boolean;
  /** Notes that somebody has looked. */
  noteChecked(): void;
}

/**
 * Opens the index in the file at `path`, made where it is missing. Questions are answered from memory; a change is on
 * the disk before it is seen there. Fails with `data-loss` for a damaged file, `failed-precondition` for a newer one.
 */
export function openImageIndex(path: string, { boot, durability = "full" }: ImageIndexOptions): SqliteImageIndex {
  const isDurable = durability === "full";
  const rows = orWithoutReserve(reservePath(path), () => {
    using database = openDatabase(path, { isDurable });
    return readRows(database);
  });
  return new MemoryFirstIndex(rows, { boot, isDurable, writer: new DatabaseWriter({ path, isDurable }) });
}

interface Opened {
  readonly boot: string;
  readonly isDurable: boolean;
  readonly writer: DatabaseWriter;
}

type Published = Awaited<ReturnType<ImageIndex["publish"]>>;

/** What stands for the boot while nobody has looked what became of the disk. */
const suspectBoot = "an earlier one";

class MemoryFirstIndex implements SqliteImageIndex {
  readonly #rows: IndexRows;
  readonly #opened: Opened;
  /** In the order of publication: what the rows say. */
  readonly #images = new Map<ImageKey, Image>();
  /** By the keys of the names. */
  readonly #keyByName = new Map<string, ImageKey>();
  #isSuspect: boolean;
  /** Whether the database says that the store is open. */
  #isMarked = false;

  constructor(rows: IndexRows, opened: Opened) {
    this.#rows = rows;
    this.#opened = opened;
    this.#isSuspect = rows.openBoot !== undefined && rows.openBoot !== opened.boot;
    this.#isMarked = rows.openBoot !== undefined;
    for (const [key, { names }] of rows.images) {
      for (const name of names) this.#keyByName.set(name, key);
      this.#show(key);
    }
  }

  get isSuspect(): boolean {
    return this.#isSuspect;
  }

  noteChecked(): void {
    this.#isSuspect = false;
    this.#isMarked = false; // the next write, or the end, says anew how it stands
  }

  async list({ signal }: AbortOptions = {}): Promise<readonly Image[]> {
    signal?.throwIfAborted();
    return [...this.#images.values()];
  }

  async find(key: ImageKey, { signal }: AbortOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    return this.#images.get(key);
  }

  async findByName(name: string, { signal, handler }: FindByNameOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    const key = this.#keyByName.get(nameKeyOf(name, handler));
    return key === undefined ? undefined : this.#images.get(key);
  }

  async publish(given: ImageRecord, names: readonly string[], options: PublishOptions = {}): Promise<Published> {
    options.signal?.throwIfAborted();
    const record = parseRecord(given);
    const { lease, mended = [] } = options;
    const nameKeys = names.map((name) => nameKeyOf(name, record.handler));
    const now = Date.now();
    await this.#write([
      putImage(record, now),
      ...nameKeys.map((name) => putName(name, imageKeyOf(record))),
      ...mended.map(deleteDamage),
      ...(lease === undefined ? [] : [putLease(lease)]),
    ]);
    if (lease !== undefined) this.#rows.leases.set(lease.holder, lease);
    for (const resource of mended) this.#rows.damage.delete(resource);
    const isNew = !this.#images.has(imageKeyOf(record));
    const image = this.#take(record, nameKeys, now);
    if (mended.length > 0) this.#showAll();
    return { image, isNew };
  }

  async remove(key: ImageKey, { signal, endLeases = [] }: RemoveOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    await this.#write([deleteImage(key), ...endLeases.map(deleteLease)]);
    const image = this.#images.get(key);
    for (const name of this.#rows.images.get(key)?.names ?? []) this.#keyByName.delete(name);
    for (const holder of endLeases) this.#rows.leases.delete(holder);
    this.#rows.images.delete(key);
    this.#images.delete(key);
    return image;
  }

  async forgetBlobs(digests: readonly Digest[], { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const gone = new Set(digests);
    const changed = [...this.#rows.images.values()].flatMap((row) => {
      const record = withoutBlobs(row.record, gone);
      return record === undefined ? [] : [{ row, record }];
    });
    if (changed.length === 0) return;
    await this.#write(changed.map(({ record }) => changeImage(record)));
    for (const { row, record } of changed) await this.#replaceRecord(row, record);
  }

  async reportDamage(damage: readonly Damage[], { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (damage.length === 0) return;
    await this.#write(damage.map(putDamage));
    for (const { resource, why } of damage) this.#rows.damage.set(resource, why);
    this.#showAll();
  }

  async listDamage({ signal }: AbortOptions = {}): Promise<readonly Damage[]> {
    signal?.throwIfAborted();
    return [...this.#rows.damage].map(([resource, why]) => ({ resource, why }));
  }

  async endDamage(resources: readonly Resource[], { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const ended = resources.filter((resource) => this.#rows.damage.has(resource));
    if (ended.length === 0) return;
    await this.#write(ended.map(deleteDamage));
    for (const resource of ended) this.#rows.damage.delete(resource);
    this.#showAll();
  }

  async listUnreadable({ signal }: AbortOptions = {}): Promise<readonly ImageKey[]> {
    signal?.throwIfAborted();
    return [...this.#rows.images].filter(([, { record }]) => record === undefined).map(([key]) => key);
  }

  async listLeases({ signal }: AbortOptions = {}): Promise<readonly Lease[]> {
    signal?.throwIfAborted();
    return [...this.#rows.leases.values()];
  }

  async takeLease(lease: Lease, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.#write([putLease(lease)]);
    this.#rows.leases.set(lease.holder, lease);
  }

  async endLeases(holders: readonly string[], { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (holders.length === 0) return;
    await this.#write(holders.map(deleteLease));
    for (const holder of holders) this.#rows.leases.delete(holder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using writer = this.#opened.writer;
    if (this.#isSuspect) return; // the mark stays, for whoever opens it next
    const { isDurable, boot } = this.#opened;
    const isMarked = this.#isMarked || this.#rows.openBoot !== undefined;
    const mark = isDurable ? deleteOpenMark() : putOpenMark(boot); // until this boot ends well, the disk may lose what is here
    if (isMarked) await writer.write([mark]).catch(() => undefined); // one that stays costs one more look
  }

  /** Durable on return. The first write also says that the store is open, so that a power cut is known to have met it. */
  async #write(statements: readonly Statement[]): Promise<void> {
    const mark = this.#isMarked ? [] : [putOpenMark(this.#isSuspect ? suspectBoot : this.#opened.boot)];
    this.#isMarked = true;
    try {
      await this.#opened.writer.write([...mark, ...statements]);
    } catch (error) {
      if (mark.length > 0) this.#isMarked = false;
      throw error;
    }
  }

  #take(record: ImageRecord, nameKeys: readonly string[], now: number): Image {
    const key = imageKeyOf(record);
    const row = this.#rows.images.get(key) ?? { publishedAt: now, names: new Set() };
    this.#rows.images.set(key, { ...row, record });
    for (const name of nameKeys) this.#giveName(name, key);
    const image = this.#show(key);
    if (image === undefined) throw new Error(`image ${key} was published and is not there`);
    return image;
  }

  /** What came between the writing and now came first, and is written again. */
  async #replaceRecord(row: ImageRow, record: ImageRecord): Promise<void> {
    const key = imageKeyOf(record);
    const now = this.#rows.images.get(key);
    if (now === row) this.#rows.images.set(key, { ...row, record });
    else if (now?.record !== undefined) await this.#write([changeImage(now.record)]);
    this.#show(key);
  }

  #giveName(name: string, key: ImageKey): void {
    const before = this.#keyByName.get(name);
    if (before === key) return;
    this.#keyByName.set(name, key);
    this.#changeNames(key, (names) => names.add(name));
    if (before === undefined) return;
    this.#changeNames(before, (names) => names.delete(name));
    this.#show(before);
  }

  #changeNames(key: ImageKey, change: (names: Set<string>) => void): void {
    const row = this.#rows.images.get(key);
    if (row === undefined) return;
    const names = new Set(row.names);
    change(names);
    this.#rows.images.set(key, { ...row, names });
  }

  #showAll(): void {
    for (const key of this.#rows.images.keys()) this.#show(key);
  }

  /** Brings what is answered of one image up to what its row says. */
  #show(key: ImageKey): Image | undefined {
    const row = this.#rows.images.get(key);
    if (row?.record === undefined) return undefined;
    const names = [...row.names].map(nameIn).toSorted();
    const image: Image = {
      ...row.record,
      tags: names.filter((name) => !name.includes("@")),
      digests: names.filter((name) => name.includes("@")),
      publishedAt: row.publishedAt,
      damage: this.#damageOf(row.record),
    };
    this.#images.set(key, image);
    return image;
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
