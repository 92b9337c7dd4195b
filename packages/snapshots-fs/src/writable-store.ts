import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { layerIdsOf } from "@stowage/containers-storage";
import { type AbortOptions, asStorageError, isErrno, StowageError } from "@stowage/errors";
import { bootId } from "@stowage/linux";
import type { Chain, CreateWritableOptions, Mount, Usage, WritableInfo, WritableSnapshots } from "@stowage/snapshots";
import { step } from "@stowage/steps";
import type { LayerDriver } from "./layer-driver.ts";
import type { Layout } from "./layout.ts";
import { measureTree } from "./measure-tree.ts";
import { requireLayers } from "./require-layers.ts";
import type { Turn } from "./turn.ts";
import type { WritableArea } from "./writable-area.ts";
import {
  findWritableRecord,
  idMapSchema,
  type WritableRecord,
  writableRecordName,
  writeWritableRecord,
} from "./writable-record.ts";

export interface WritableStoreParts {
  readonly driver: LayerDriver;
  readonly area: WritableArea;
  /** In which layers are removed, too: what a writable snapshot stands on stays. */
  readonly turn: Turn;
  /** Flushes a file, or the names in a directory. */
  readonly flushOne: (path: string) => Promise<void>;
}

/** Writable snapshots, each in a directory that gets its key for a name when it is whole. */
export class WritableStore implements WritableSnapshots {
  readonly #parts: WritableStoreParts;
  readonly #layout: Layout;
  /** The ids of the layers that each stands on, by its key: read at the first question, and told of every change. */
  #standing: Map<string, readonly string[]> | undefined;
  /** The keys of those that are being made. */
  readonly #making = new Set<string>();

  constructor(parts: WritableStoreParts) {
    this.#parts = parts;
    this.#layout = parts.driver.layout;
  }

  async create(key: string, chain: Chain, options: CreateWritableOptions = {}): Promise<void> {
    requireKey(key);
    if (options.idMap !== undefined) requireIdMap(options.idMap, key);
    const ids = await this.#parts.turn.take(`create writable snapshot "${key}"`, () =>
      this.#reserve(key, chain, options),
    );
    try {
      await this.#make(key, chain, { ...options, ids });
    } catch (error) {
      this.#standing?.delete(key);
      throw asStorageError(error, `create writable snapshot "${key}"`);
    } finally {
      this.#making.delete(key);
    }
  }

  async find(key: string, { signal }: AbortOptions = {}): Promise<WritableInfo | undefined> {
    signal?.throwIfAborted();
    const record = isKey(key) ? await findWritableRecord(this.#pathOf(key)) : undefined;
    return record === undefined ? undefined : infoOf(key, record);
  }

  async mounts(key: string, { signal }: AbortOptions = {}): Promise<readonly Mount[]> {
    const record = await this.#get(key, "mount");
    if (record.volatile && record.boot !== bootId()) {
      const why = "it is volatile, and the machine was started anew since";
      throw new StowageError("failed-precondition", `Cannot mount writable snapshot "${key}": ${why}`);
    }
    const ids = await requireLayers(this.#layout, record.chain, { signal });
    return [await this.#parts.driver.showWritable(this.#pathOf(key), ids, record)];
  }

  async usage(key: string, { signal }: AbortOptions = {}): Promise<Usage> {
    await this.#get(key, "measure");
    return await measureTree(join(this.#pathOf(key), "diff"), { signal });
  }

  async remove(key: string, { signal }: AbortOptions = {}): Promise<void> {
    if (!isKey(key)) return;
    await this.#parts.turn.take(`remove writable snapshot "${key}"`, async () => {
      signal?.throwIfAborted();
      if (this.#making.has(key)) return;
      const path = this.#pathOf(key);
      if (this.#parts.driver.isWritableMounted(path)) {
        throw new StowageError("failed-precondition", `Cannot remove writable snapshot "${key}": it is mounted`);
      }
      await this.#parts.area.trash.put(path);
      this.#standing?.delete(key);
    });
    await this.#flushNames(`remove writable snapshot "${key}"`);
  }

  async *list({ signal }: AbortOptions = {}): AsyncGenerator<WritableInfo, void, undefined> {
    for (const key of (await readdir(this.#parts.area.directory)).filter(isKey)) {
      const info = await this.find(key, { signal });
      if (info !== undefined) yield info;
    }
  }

  /** Whether one stands on the layer, in whatever depth. To be asked in a turn. */
  async standsOn(layerId: string): Promise<boolean> {
    return [...(await this.#readStanding()).values()].some((ids) => ids.includes(layerId));
  }

  /** Notes what it will stand on before it is there. */
  async #reserve(key: string, chain: Chain, { signal }: AbortOptions): Promise<readonly string[]> {
    signal?.throwIfAborted();
    const standing = await this.#readStanding();
    if (standing.has(key)) throw taken(key);
    const ids = await requireLayers(this.#layout, chain, { signal });
    standing.set(key, ids);
    this.#making.add(key);
    return ids;
  }

  async #make(
    key: string,
    chain: Chain,
    { ids, signal, volatile = false, idMap }: CreateWritableOptions & { readonly ids: readonly string[] },
  ): Promise<void> {
    const { driver, area } = this.#parts;
    let path = join(area.staging, randomUUID());
    try {
      await mkdir(path, { mode: 0o700 });
      const made = await driver.makeWritable(path, ids, { signal, idMap });
      await writeWritableRecord(path, { chain, volatile, idMap, boot: bootId() });
      step("writable-made");
      await this.#flush(path, made);
      signal?.throwIfAborted();
      await giveName(path, this.#pathOf(key), key);
      path = this.#pathOf(key);
      step("writable-named");
      await area.names.flush();
      step("writable-durable");
    } catch (error) {
      await area.trash.discard(path);
      throw error;
    }
  }

  /** Not the whole file system for a few names: what else is written there would be waited for. */
  async #flush(directory: string, names: readonly string[] | undefined): Promise<void> {
    if (names === undefined) return await this.#parts.area.files.flush();
    for (const name of [...names, writableRecordName, "."]) await this.#parts.flushOne(join(directory, name));
  }

  async #flushNames(action: string): Promise<void> {
    try {
      await this.#parts.area.names.flush();
    } catch (error) {
      throw asStorageError(error, action);
    }
  }

  #pathOf(key: string): string {
    return join(this.#parts.area.directory, key);
  }

  async #get(key: string, verb: string): Promise<WritableRecord> {
    const record = isKey(key) ? await findWritableRecord(this.#pathOf(key)) : undefined;
    if (record !== undefined) return record;
    throw new StowageError("not-found", `Cannot ${verb} writable snapshot "${key}": it is not here`);
  }

  async #readStanding(): Promise<Map<string, readonly string[]>> {
    if (this.#standing !== undefined) return this.#standing;
    const standing = new Map<string, readonly string[]>();
    for await (const { key, chain } of this.list()) standing.set(key, layerIdsOf(chain));
    this.#standing = standing;
    return standing;
  }
}

function infoOf(key: string, { chain, volatile, idMap }: WritableRecord): WritableInfo {
  return idMap === undefined ? { key, chain, volatile } : { key, chain, volatile, idMap };
}

async function giveName(from: string, to: string, key: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    // What has the key, and no record that could be read.
    if (isErrno(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) throw taken(key);
    throw error;
  }
}

function taken(key: string): StowageError {
  return new StowageError("already-exists", `Cannot create writable snapshot "${key}": the key is taken`);
}

function isKey(key: string): boolean {
  return writableKeyPattern.test(key);
}

/** A file name, and no hidden one. */
export const writableKeyPattern: RegExp = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;

function requireKey(key: string): void {
  if (isKey(key)) return;
  const expected = "expected 1 to 128 of A-Z a-z 0-9 . _ -, the first of them no dot";
  throw new StowageError("invalid-argument", `Cannot create writable snapshot "${key}": ${expected}`);
}

function requireIdMap(idMap: NonNullable<WritableInfo["idMap"]>, key: string): void {
  if (idMapSchema.safeParse(idMap).success) return;
  const expected = "expected ranges of user ids and of group ids";
  throw new StowageError("invalid-argument", `Cannot create writable snapshot "${key}": ${expected}`);
}
