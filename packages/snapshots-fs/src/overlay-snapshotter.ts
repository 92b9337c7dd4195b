import { randomUUID } from "node:crypto";
import { chmod, mkdir, readdir, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type AbortOptions, asStorageError, isErrno, isStowageError, StowageError } from "@stowage/errors";
import { type Durability, type Flusher, openFlusher } from "@stowage/linux";
import type {
  ActiveSnapshot,
  Chain,
  InspectOptions,
  Mount,
  PrepareOptions,
  SnapshotInfo,
  Snapshotter,
  StagedLayer,
} from "@stowage/snapshots";
import { step } from "@stowage/steps";
import { finishLayer } from "./finish-layer.ts";
import { inspectLayer, restoreLink } from "./inspect-layer.ts";
import { chainOf, parentIdOf } from "./layer-chain.ts";
import { LayerChildren } from "./layer-children.ts";
import { layerIdOf, layerIdsOf } from "./layer-id.ts";
import { findLayerRecord, layerNamePattern, readLayerRecords } from "./layer-record.ts";
import { type Layout, layoutUnder, makeLockFiles } from "./layout.ts";
import { isMounted, overlayView } from "./overlay-view.ts";
import { requireRoom } from "./require-room.ts";
import { type Taken, takenNothing } from "./settle.ts";
import { Trash } from "./trash.ts";

export interface OverlayOptions {
  /** Where removed trees wait for their end; on the same file system as the root. */
  readonly trash: string;
  /** Whether a committed layer survives a power cut (`full`, the default) or what the kernel had time for (`relaxed`). */
  readonly durability?: Durability | undefined;
}

/**
 * Opens the layers under `root`, made where it is missing, in the layout of containers/storage's overlay driver.
 * The caller holds the lock on it; what an earlier process left half-made goes to the trash.
 */
export async function openSnapshotter(
  root: string,
  { trash: trashPath, durability = "full" }: OverlayOptions,
): Promise<Snapshotter & AsyncDisposable> {
  const layout = layoutUnder(root);
  await using opening = new AsyncDisposableStack();
  try {
    await mkdir(layout.links, { recursive: true, mode: 0o700 });
    const files = opening.use(openFlusher(layout.home, { scope: "file-system", durability }));
    const names = opening.use(openFlusher(layout.home, { scope: "names", durability }));
    const links = opening.use(openFlusher(layout.links, { scope: "names", durability }));
    const isInUse = (layerId: string): boolean => isMounted(layout, layerId);
    const trash = opening.use(await Trash.open(trashPath, { flush: () => names.flush(), isInUse }));
    await mkdir(layout.staging, { recursive: true, mode: 0o700 }); // it stays: a full disk has no room for another
    for (const name of await readdir(layout.staging)) await trash.put(join(layout.staging, name));
    await makeLockFiles(root);
    await files.flush(); // the directories, up to the root
    return new OverlaySnapshotter({ layout, trash, files, names, links, open: opening.move() });
  } catch (error) {
    throw asStorageError(error, `open the snapshots under "${root}"`);
  }
}

interface Opened {
  readonly layout: Layout;
  readonly trash: Trash;
  /** Of everything that was written, of the names of layers, and of the links. */
  readonly files: Flusher;
  readonly names: Flusher;
  readonly links: Flusher;
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

class OverlaySnapshotter implements Snapshotter, AsyncDisposable {
  readonly #opened: Opened;
  readonly #layout: Layout;
  readonly #children: LayerChildren;
  readonly #active = new WeakMap<ActiveSnapshot, Active>();
  /** What looks at what stands on what comes one after the other. No flush is waited for in a turn. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#layout = opened.layout;
    this.#children = new LayerChildren(opened.layout.home);
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
      throw asStorageError(error, "prepare a snapshot");
    }
    step("layer-prepared");
    const active = { taken: takenNothing(), failures: this.#opened.files.failures, isNamed: false };
    const drop = async (): Promise<void> => {
      if (!active.isNamed) await this.#opened.trash.discard(staging);
    };
    const snapshot = { directory, [Symbol.asyncDispose]: drop };
    this.#active.set(snapshot, active);
    return snapshot;
  }

  async find(chain: Chain, { signal }: AbortOptions = {}): Promise<SnapshotInfo | undefined> {
    signal?.throwIfAborted();
    const record = await findLayerRecord(this.#layout.layer(layerIdOf(chain)));
    return record === undefined ? undefined : { chain, bytes: record.bytes, inodes: record.inodes };
  }

  async commit(layers: readonly StagedLayer[], { signal }: AbortOptions = {}): Promise<void> {
    const staged = await this.#inTurn("commit layers", () => this.#settle(layers, signal));
    signal?.throwIfAborted();
    try {
      if (staged.size > 0) await this.#flushFiles(staged);
      step("layers-flushed");
      await this.#inTurn("commit layers", () => this.#giveNames(staged));
      // Also where all was here: another commit may have named it, and be about to flush.
      await Promise.all([this.#opened.links.flush(), this.#opened.names.flush()]);
      step("layers-durable");
    } catch (error) {
      throw asStorageError(error, "commit layers");
    }
  }

  async inspect(chain: Chain, options: InspectOptions): Promise<string | undefined> {
    options.signal?.throwIfAborted();
    try {
      return await inspectLayer(this.#layout, layerIdsOf(chain), options);
    } catch (error) {
      if (isErrno(error, "EIO", "EUCLEAN", "EBADMSG") || isStowageError(error, "data-loss"))
        return "cannot be read: the disk failed";
      if (isErrno(error, "ENOENT")) return "lost files while they were looked at";
      throw asStorageError(error, `look at layer ${chain.at(-1)}`);
    }
  }

  async view(chain: Chain, { signal }: AbortOptions = {}): Promise<readonly Mount[]> {
    const ids = layerIdsOf(chain);
    for (const [at, id] of ids.entries()) {
      signal?.throwIfAborted();
      if ((await findLayerRecord(this.#layout.layer(id))) !== undefined) continue;
      const which = `layer ${at + 1} of ${ids.length}, ${chain[at]},`;
      throw new StowageError("not-found", `Cannot mount layers: ${which} is not here`);
    }
    return [overlayView(this.#layout, ids)];
  }

  remove(chain: Chain, { signal }: AbortOptions = {}): Promise<void> {
    return this.#inTurn("remove a layer", async () => {
      signal?.throwIfAborted();
      const id = layerIdOf(chain);
      if (await this.#children.has(id)) throw inUse(id, "another layer stands on it");
      if (isMounted(this.#layout, id)) throw inUse(id, "it is mounted");
      await this.#opened.trash.put(this.#layout.layer(id), id);
      this.#children.remove(id, parentIdOf(chain));
      await unlink(this.#layout.link(id)).catch(unless("ENOENT"));
      step("layer-unlinked");
    });
  }

  async *list({ signal }: AbortOptions = {}): AsyncGenerator<SnapshotInfo, void, undefined> {
    signal?.throwIfAborted();
    const records = await readLayerRecords(this.#layout.home);
    for (const [id, { bytes, inodes }] of records) {
      const chain = chainOf(id, records);
      if (chain !== undefined) yield { chain, bytes, inodes };
    }
  }

  sweep(kept: readonly Chain[], { signal }: AbortOptions = {}): Promise<void> {
    return this.#inTurn("remove what is left of layers", async () => {
      const keptIds = new Set(kept.flatMap(layerIdsOf));
      const records = await readLayerRecords(this.#layout.home);
      for (const id of (await readdir(this.#layout.home)).filter((name) => layerNamePattern.test(name))) {
        signal?.throwIfAborted();
        const isStray = !keptIds.has(id) && chainOf(id, records) === undefined;
        if (!isStray || isMounted(this.#layout, id)) continue;
        await this.#opened.trash.put(this.#layout.layer(id), id);
        this.#children.remove(id, records.get(id)?.parent);
        await unlink(this.#layout.link(id)).catch(unless("ENOENT"));
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn.catch(() => undefined);
    await this.#opened.open[Symbol.asyncDispose]();
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
        await restoreLink(this.#layout, layerIdOf(layer.chain));
        continue;
      }
      const taken = this.#active.get(layer.snapshot)?.taken ?? takenNothing();
      await finishLayer(this.#layout, layer, { staged, taken, signal });
      staged.set(layerIdOf(layer.chain), layer);
    }
    return staged;
  }

  /** One sync for all. One that failed since a tree was begun may have been about the files of that. */
  async #flushFiles(staged: ReadonlyMap<string, StagedLayer>): Promise<void> {
    const { files } = this.#opened;
    await files.flush();
    const isLost = [...staged.values()].some(
      ({ snapshot }) => (this.#active.get(snapshot)?.failures ?? 0) < files.failures,
    );
    if (isLost) throw new StowageError("data-loss", "Cannot commit layers: the disk failed while they were written");
  }

  /** The links first, which must stand when a layer does, then the names from the bottom up. */
  async #giveNames(staged: ReadonlyMap<string, StagedLayer>): Promise<void> {
    for (const id of staged.keys()) {
      await restoreLink(this.#layout, id);
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
    try {
      await rename(dirname(snapshot.directory), path);
    } catch (error) {
      if (!isErrno(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) throw error;
      await this.#opened.trash.put(path, id);
      step("layer-replaced");
      await rename(dirname(snapshot.directory), path);
    }
    const active = this.#active.get(snapshot);
    if (active !== undefined) active.isNamed = true;
  }

  #inTurn<Result>(action: string, work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work).catch((error: unknown) => {
      throw asStorageError(error, action);
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function inUse(id: string, why: string): StowageError {
  return new StowageError("failed-precondition", `Cannot remove layer ${id}: ${why}`);
}

function unless(code: string): (error: unknown) => void {
  return (error) => {
    if (!isErrno(error, code)) throw error;
  };
}
