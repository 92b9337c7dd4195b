import type { DatabaseSync } from "node:sqlite";
import type { AbortOptions } from "@stowage/errors";
import type { Image, ImageIndex, ImageRecord } from "@stowage/images";
import { type Digest, parseDigest } from "@stowage/oci";
import { openDatabase, transaction } from "./database.ts";
import { decodeRecord, encodeRecord } from "./image-record.ts";

/**
 * Opens the index in the file at `path`, made where it is missing. Questions are answered from memory; a change is on
 * the disk before it is seen there. Fails with `data-loss` for a damaged file, `failed-precondition` for a newer one.
 */
export function openImageIndex(path: string): ImageIndex & Disposable {
  const database = openDatabase(path);
  try {
    return new SqliteImageIndex(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

class SqliteImageIndex implements ImageIndex, Disposable {
  readonly #database: DatabaseSync;
  /** By id, in the order of publication. */
  readonly #images = new Map<Digest, Image>();
  readonly #idByName = new Map<string, Digest>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    for (const { id } of database.prepare("SELECT id FROM images ORDER BY sequence").all()) {
      this.#refresh(parseDigest(String(id)));
    }
  }

  async list({ signal }: AbortOptions = {}): Promise<readonly Image[]> {
    signal?.throwIfAborted();
    return [...this.#images.values()];
  }

  async find(id: Digest, { signal }: AbortOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    return this.#images.get(id);
  }

  async findByName(name: string, { signal }: AbortOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    const id = this.#idByName.get(name);
    return id === undefined ? undefined : this.#images.get(id);
  }

  async publish(record: ImageRecord, names: readonly string[], { signal }: AbortOptions = {}): Promise<Image> {
    signal?.throwIfAborted();
    const losers = names.map((name) => this.#idByName.get(name)).filter((id) => id !== undefined);
    transaction(this.#database, () => this.#write(record, names));
    for (const id of new Set([...losers, record.id])) this.#refresh(id);
    const image = this.#images.get(record.id);
    if (image === undefined) throw new Error(`image ${record.id} was published and is not there`);
    return image;
  }

  async remove(id: Digest, { signal }: AbortOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    const image = this.#images.get(id);
    transaction(this.#database, () => this.#database.prepare("DELETE FROM images WHERE id = ?").run(id));
    this.#refresh(id);
    return image;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #write(record: ImageRecord, names: readonly string[]): void {
    this.#database
      .prepare(
        "INSERT INTO images (id, record, published_at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record",
      )
      .run(record.id, encodeRecord(record), Date.now());
    const take = this.#database.prepare(
      "INSERT INTO names (name, image_id) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET image_id = excluded.image_id",
    );
    for (const name of names) take.run(name, record.id);
  }

  /** Brings what memory says of one image up to what the database says. */
  #refresh(id: Digest): void {
    for (const name of namesOf(this.#images.get(id))) {
      if (this.#idByName.get(name) === id) this.#idByName.delete(name);
    }
    const image = this.#read(id);
    if (image === undefined) {
      this.#images.delete(id);
      return;
    }
    this.#images.set(id, image);
    for (const name of namesOf(image)) this.#idByName.set(name, id);
  }

  #read(id: Digest): Image | undefined {
    const row = this.#database.prepare("SELECT record, published_at FROM images WHERE id = ?").get(id);
    const record = row === undefined ? undefined : decodeRecord(String(row["record"]));
    if (row === undefined || record === undefined) return undefined;
    const rows = this.#database.prepare("SELECT name FROM names WHERE image_id = ? ORDER BY name").all(id);
    const names = rows.map(({ name }) => String(name));
    return {
      ...record,
      tags: names.filter((name) => !name.includes("@")),
      digests: names.filter((name) => name.includes("@")),
      publishedAt: Number(row["published_at"]),
    };
  }
}

function namesOf(image: Image | undefined): readonly string[] {
  return image === undefined ? [] : [...image.tags, ...image.digests];
}
