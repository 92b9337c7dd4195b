import { randomUUID } from "node:crypto";
import { chmod, mkdir, readdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { layerIdOf, layerIdsOf } from "@stowage/containers-storage";
import { type AbortOptions, asStorageError, isErrno, isStowageError, StowageError } from "@stowage/errors";
import type { Flusher } from "@stowage/linux";
import type {
  ActiveSnapshot,
  Chain,
  InspectOptions,
  Mount,
  PrepareOptions,
  SnapshotInfo,
  Snapshotter,
  StagedLayer,
  ViewOptions,
} from "@stowage/snapshots";
import { step } from "@stowage/steps";
import { finishLayer } from "./finish-layer.ts";
import { inspectLayer } from "./inspect-layer.ts";
import { chainOf, parentIdOf } from "./layer-chain.ts";
import { LayerChildren } from "./layer-children.ts";
import type { LayerDriver } from "./layer-driver.ts";
import { findLayerRecord, layerNamePattern, readLayerRecords } from "./layer-record.ts";
import type { Layout } from "./layout.ts";
import { requireLayers } from "./require-layers.ts";
import { requireRoom } from "./require-room.ts";
import { type Taken, takenNothing } from "./settle.ts";
import type { Trash } from "./trash.ts";
import { Turn } from "./turn.ts";
import type { WritableArea } from "./writable-area.ts";
import { WritableStore } from "./writable-store.ts";

/** What a snapshotter is made of. */
export interface LayerSnapshotterParts {
  readonly driver: LayerDriver;
  readonly trash: Trash;
  /** Of everything that was written. */
  readonly files: Flusher;
  /** Of the names that make a layer stand. */
  readonly names: readonly Flusher[];
  readonly area: WritableArea;
  /** The layers on which other programs stand, by their ids. */
  readonly usedElsewhere: () => Promise<ReadonlySet<string> | "all">;
  /** Flushes one file, or the names in one directory. */
  readonly flushOne: (path: string) => Promise<void>;
  /** Ends with the snapshotter. */
  readonly open: AsyncDisposable;
}

/** What is known of a tree that is being written. */
interface Active {
  /** What earlier tries to commit it took from the layers below. */
  readonly taken: Taken;
  /** How many flushes had failed when it was begun. */
  readonly failures: number;
  /** Whether it has its name, and nothing is left of it where it was. */
  isNamed: boolean;
}

/** The life of layers, whichever driver keeps and shows them. */
export class LayerSnapshotter implements Snapshotter, AsyncDisposable {
  readonly writable: WritableStore;
  readonly #parts: LayerSnapshotterParts;
  readonly #driver: LayerDriver;
  readonly #layout: Layout;
  readonly #children: LayerChildren;
  readonly #active = new WeakMap<ActiveSnapshot, Active>();
  /** What looks at what stands on what comes one after the other. No flush is waited for in a turn. */
  readonly #turn = new Turn();

  constructor(parts: LayerSnapshotterParts) {
    this.#parts = parts;
    this.#driver = parts.driver;
    this.#layout = parts.driver.layout;
    this.#children = new LayerChildren(this.#layout.home);
    this.writable = new WritableStore({ ...parts, turn: this.#turn });
  }

  async prepare({ signal, room = 0 }: PrepareOptions = {}): Promise<ActiveSnapshot> {
    signal?.throwIfAborted();
    const staging = join(this.#layout.staging, randomUUID());
    const directory = join(staging, "diff");
    try {
      await requireRoom(this.#layout.home, room);
      await mkdir(staging, { mode: 0o700 });
      await mkdir(directory);
      // Not left to the umask: this is the root directory that containers will see.
      await chmod(directory, 0o755);
    } catch (error) {
      await this.#parts.trash.discard(staging);
      throw asStorageError(error, "prepare a snapshot");
    }
    step("layer-prepared");
    const active = { taken: takenNothing(), failures: this.#parts.files.failures, isNamed: false };
    const drop = async (): Promise<void> => {
      if (!active.isNamed) await this.#parts.trash.discard(staging);
    };
    const snapshot = { directory, tarSplit: this.#driver.tarSplit(staging), [Symbol.asyncDispose]: drop };
    this.#active.set(snapshot, active);
    return snapshot;
  }

  async find(chain: Chain, { signal }: AbortOptions = {}): Promise<SnapshotInfo | undefined> {
    signal?.throwIfAborted();
    const record = await findLayerRecord(this.#layout.layer(layerIdOf(chain)));
    if (record === undefined) return undefined;
    const { bytes, inodes, tarSize } = record;
    return { chain, bytes, inodes, tarSize };
  }

  async commit(layers: readonly StagedLayer[], { signal }: AbortOptions = {}): Promise<void> {
    const staged = await this.#turn.take("commit layers", () => this.#settle(layers, signal));
    signal?.throwIfAborted();
    try {
      if (staged.size > 0) await this.#flushFiles(staged);
      step("layers-flushed");
      await this.#turn.take("commit layers", () => this.#giveNames(staged));
      // Also where all was here: another commit may have named it, and be about to flush.
      await Promise.all(this.#parts.names.map((names) => names.flush()));
      step("layers-durable");
    } catch (error) {
      throw asStorageError(error, "commit layers");
    }
  }

  async inspect(chain: Chain, options: InspectOptions): Promise<string | undefined> {
    options.signal?.throwIfAborted();
    try {
      return await inspectLayer(this.#driver, layerIdsOf(chain), options);
    } catch (error) {
      if (isErrno(error, "EIO", "EUCLEAN", "EBADMSG") || isStowageError(error, "data-loss"))
        return "cannot be read: the disk failed";
      if (isErrno(error, "ENOENT")) return "lost files while they were looked at";
      throw asStorageError(error, `look at layer ${chain.at(-1)}`);
    }
  }

  async view(chain: Chain, { signal, idMap }: ViewOptions = {}): Promise<readonly Mount[]> {
    const ids = await requireLayers(this.#layout, chain, { signal });
    return [this.#driver.view(ids, { idMap })];
  }

  async isShown(chain: Chain, { signal }: AbortOptions = {}): Promise<boolean> {
    signal?.throwIfAborted();
    return this.#isUsed(layerIdOf(chain));
  }

  remove(chain: Chain, { signal }: AbortOptions = {}): Promise<void> {
    return this.#turn.take("remove a layer", async () => {
      signal?.throwIfAborted();
      const id = layerIdOf(chain);
      if (await this.#children.has(id)) throw inUse(id, "another layer stands on it");
      if (await this.writable.standsOn(id)) throw inUse(id, "a writable snapshot stands on it");
      if (this.#driver.isMounted(id)) throw inUse(id, "it is mounted");
      if (await this.#isUsedElsewhere(id)) throw inUse(id, "another program's layer stands on it");
      await this.#parts.trash.put(this.#layout.layer(id), id);
      this.#children.remove(id, parentIdOf(chain));
      await this.#driver.unlink(id);
      step("layer-unlinked");
    });
  }

  async *list({ signal }: AbortOptions = {}): AsyncGenerator<SnapshotInfo, void, undefined> {
    signal?.throwIfAborted();
    const records = await readLayerRecords(this.#layout.home);
    for (const [id, { bytes, inodes, tarSize }] of records) {
      const chain = chainOf(id, records);
      if (chain !== undefined) yield { chain, bytes, inodes, tarSize };
    }
  }

  sweep(kept: readonly Chain[], { signal }: AbortOptions = {}): Promise<void> {
    return this.#turn.take("remove what is left of layers", async () => {
      const keptIds = new Set(kept.flatMap(layerIdsOf));
      const records = await readLayerRecords(this.#layout.home);
      for (const id of (await readdir(this.#layout.home)).filter((name) => layerNamePattern.test(name))) {
        signal?.throwIfAborted();
        const isStray = !keptIds.has(id) && chainOf(id, records) === undefined;
        if (!isStray || (await this.#isUsed(id))) continue;
        await this.#parts.trash.put(this.#layout.layer(id), id);
        this.#children.remove(id, records.get(id)?.parent);
        await this.#driver.unlink(id);
      }
    });
  }

  async #isUsed(id: string): Promise<boolean> {
    return this.#driver.isMounted(id) || (await this.writable.standsOn(id)) || (await this.#isUsedElsewhere(id));
  }

  async #isUsedElsewhere(id: string): Promise<boolean> {
    const used = await this.#parts.usedElsewhere();
    return used === "all" || used.has(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn.ended();
    await this.#parts.open[Symbol.asyncDispose]();
  }

  /** Completes what is not here yet, but for its names. */
  async #settle(
    layers: readonly StagedLayer[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, StagedLayer>> {
    const staged = new Map<string, StagedLayer>();
    for (const layer of layers) {
      signal?.throwIfAborted();
      if (this.#active.get(layer.snapshot)?.isNamed === true) continue; // another pull that shares it was first
      if (layer.replace !== true && (await this.find(layer.chain)) !== undefined) {
        await this.#driver.link(layerIdOf(layer.chain));
        continue;
      }
      const taken = this.#active.get(layer.snapshot)?.taken ?? takenNothing();
      await finishLayer(this.#driver, layer, { staged, taken, signal });
      staged.set(layerIdOf(layer.chain), layer);
    }
    return staged;
  }

  /** One sync for all. One that failed since a tree was begun may have been about the files of that. */
  async #flushFiles(staged: ReadonlyMap<string, StagedLayer>): Promise<void> {
    const { files } = this.#parts;
    await files.flush();
    const isLost = [...staged.values()].some(
      ({ snapshot }) => (this.#active.get(snapshot)?.failures ?? 0) < files.failures,
    );
    if (isLost) throw new StowageError("data-loss", "Cannot commit layers: the disk failed while they were written");
  }

  /** The links first, which must stand when a layer does, then the names from the bottom up. */
  async #giveNames(staged: ReadonlyMap<string, StagedLayer>): Promise<void> {
    for (const id of staged.keys()) {
      await this.#driver.link(id);
      step("layer-linked");
    }
    for (const [id, { chain, snapshot, replace }] of staged) {
      if (this.#active.get(snapshot)?.isNamed === true) continue;
      if (replace !== true && (await this.find(chain)) !== undefined) continue;
      await this.#giveName(id, snapshot);
      this.#children.add(id, parentIdOf(chain));
      step("layer-named");
    }
  }

  /** What is there and no layer of ours, or damaged, makes way. */
  async #giveName(id: string, snapshot: ActiveSnapshot): Promise<void> {
    const path = this.#layout.layer(id);
    const finished = this.#driver.finished(dirname(snapshot.directory));
    try {
      await rename(finished, path);
    } catch (error) {
      if (!isErrno(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) throw error;
      await this.#parts.trash.put(path, id);
      step("layer-replaced");
      await rename(finished, path);
    }
    const active = this.#active.get(snapshot);
    if (active !== undefined) active.isNamed = true;
    const staging = dirname(snapshot.directory);
    if (staging !== finished) await this.#parts.trash.discard(staging); // what the layer was made from
  }
}

function inUse(id: string, why: string): StowageError {
  return new StowageError("failed-precondition", `Cannot remove layer ${id}: ${why}`);
}
