import type { ContainerIndex } from "@stowage/container-state";
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
  nameKeyOf,
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
import { ShownImages } from "./shown-images.ts";
import { SqliteContainerIndex } from "./sqlite-container-index.ts";
import {
  changeImage,
  deleteDamage,
  deleteImage,
  deleteLease,
  deleteName,
  deleteOpenMark,
  deletePin,
  notePreviousName,
  putDamage,
  putImage,
  putLease,
  putName,
  putOpenMark,
  putPin,
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
  /** The containers, in the same file. */
  readonly containers: ContainerIndex;
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
  readonly #shown: ShownImages;
  readonly containers: ContainerIndex;
  #isSuspect: boolean;
  /** Whether the database says that the store is open. */
  #isMarked = false;

  constructor(rows: IndexRows, opened: Opened) {
    this.#rows = rows;
    this.#opened = opened;
    this.#isSuspect = rows.openBoot !== undefined && rows.openBoot !== opened.boot;
    this.#isMarked = rows.openBoot !== undefined;
    this.#shown = new ShownImages(rows);
    this.containers = new SqliteContainerIndex(rows.containers, (statements) => this.#write(statements));
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
    return this.#shown.list();
  }

  async find(key: ImageKey, { signal }: AbortOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    return this.#shown.find(key);
  }

  async findByName(name: string, { signal, handler }: FindByNameOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    return this.#shown.findByName(nameKeyOf(name, handler));
  }

  async publish(given: ImageRecord, names: readonly string[], options: PublishOptions = {}): Promise<Published> {
    options.signal?.throwIfAborted();
    const record = parseRecord(given);
    const { lease, mended = [] } = options;
    const nameKeys = names.map((name) => nameKeyOf(name, record.handler));
    const now = Date.now();
    const key = imageKeyOf(record);
    await this.#write([
      putImage(record, now),
      ...[...this.#shown.losers(nameKeys, key)].map(([loser, name]) => notePreviousName(loser, name)),
      ...nameKeys.map((name) => putName(name, key)),
      ...mended.map(deleteDamage),
      ...(lease === undefined ? [] : [putLease(lease)]),
    ]);
    if (lease !== undefined) this.#rows.leases.set(lease.holder, lease);
    for (const resource of mended) this.#rows.damage.delete(resource);
    const isNew = this.#shown.find(key) === undefined;
    const image = this.#shown.put(record, nameKeys, now);
    if (mended.length > 0) this.#shown.showAll();
    return { image, isNew };
  }

  async remove(key: ImageKey, { signal, endLeases = [] }: RemoveOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    await this.#write([deleteImage(key), ...endLeases.map(deleteLease)]);
    for (const holder of endLeases) this.#rows.leases.delete(holder);
    return this.#shown.remove(key);
  }

  async removeNames(names: readonly string[], { signal, handler }: FindByNameOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const nameKeys = names.map((name) => nameKeyOf(name, handler));
    if (nameKeys.length === 0) return;
    const losers = [...this.#shown.losers(nameKeys)].map(([loser, name]) => notePreviousName(loser, name));
    await this.#write([...losers, ...nameKeys.map(deleteName)]);
    this.#shown.removeNames(nameKeys);
  }

  async listPins({ signal }: AbortOptions = {}): Promise<readonly string[]> {
    signal?.throwIfAborted();
    return [...this.#rows.pins].toSorted();
  }

  async pin(names: readonly string[], { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.#write(names.map(putPin));
    for (const name of names) this.#rows.pins.add(name);
    this.#shown.showAll();
  }

  async unpin(names: readonly string[], { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.#write(names.map(deletePin));
    for (const name of names) this.#rows.pins.delete(name);
    this.#shown.showAll();
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
    this.#shown.showAll();
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
    this.#shown.showAll();
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

  /** What came between the writing and now came first, and is written again. */
  async #replaceRecord(row: ImageRow, record: ImageRecord): Promise<void> {
    const key = imageKeyOf(record);
    const now = this.#rows.images.get(key);
    if (now === row) this.#rows.images.set(key, { ...row, record });
    else if (now?.record !== undefined) await this.#write([changeImage(now.record)]);
    this.#shown.show(key);
  }
}
