import { randomUUID } from "node:crypto";
import { chmod, mkdir, open, rename, symlink, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type AbortOptions, asStorageError, isErrno, StowageError } from "@stowage/errors";
import { syncFileSystem } from "@stowage/linux";
import type { Digest } from "@stowage/oci";
import type { ActiveSnapshot, Chain, Mount, SnapshotInfo, Snapshotter, StagedLayer } from "@stowage/snapshots";
import { finishLayer } from "./finish-layer.ts";
import { LayerChildren } from "./layer-children.ts";
import { layerIdOf, layerIdsOf } from "./layer-id.ts";
import { findLayerRecord, type LayerRecord, readLayerRecords } from "./layer-record.ts";
import { type Layout, layoutUnder } from "./layout.ts";
import { isMounted, overlayView } from "./overlay-view.ts";
import { type Taken, takenNothing } from "./settle.ts";
import { Trash } from "./trash.ts";

export interface OverlayOptions {
  /** Where removed trees wait for their end; on the same file system as the root. */
  readonly trash: string;
}

/**
 * Opens the layers under `root`, made where it is missing, in the layout of containers/storage's overlay driver.
 * The caller holds the lock on it; what an earlier process left half-made goes to the trash.
 */
export async function openSnapshotter(root: string, options: OverlayOptions): Promise<Snapshotter & AsyncDisposable> {
  const layout = layoutUnder(root);
  try {
    const trash = await Trash.open(options.trash);
    await mkdir(layout.links, { recursive: true, mode: 0o700 });
    await trash.put(layout.staging);
    await mkdir(layout.staging, { mode: 0o700 });
    for (const kind of ["layers", "images"]) await makeLockFile(root, kind);
    return new OverlaySnapshotter(layout, trash);
  } catch (error) {
    throw asStorageError(error, `open the snapshots under "${root}"`);
  }
}

/** Readers of an additional image store need both lock files, also where there is nothing to lock. */
async function makeLockFile(root: string, kind: string): Promise<void> {
  const directory = join(root, `overlay-${kind}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, `${kind}.lock`), "", { flag: "a", mode: 0o600 });
}

class OverlaySnapshotter implements Snapshotter, AsyncDisposable {
  readonly #layout: Layout;
  readonly #trash: Trash;
  readonly #children: LayerChildren;
  /** Of staged trees, one try to commit after the other. */
  readonly #taken = new WeakMap<ActiveSnapshot, Taken>();
  /** Commits and removals come one after the other: each looks at what stands on what. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(layout: Layout, trash: Trash) {
    this.#layout = layout;
    this.#trash = trash;
    this.#children = new LayerChildren(layout.home);
  }

  async prepare({ signal }: AbortOptions = {}): Promise<ActiveSnapshot> {
    signal?.throwIfAborted();
    const staging = join(this.#layout.staging, randomUUID());
    const directory = join(staging, "diff");
    try {
      await mkdir(staging, { mode: 0o700 });
      await mkdir(directory);
      // Not left to the umask: this is the root directory that containers will see.
      await chmod(directory, 0o755);
    } catch (error) {
      throw asStorageError(error, "prepare a snapshot");
    }
    const snapshot = { directory, [Symbol.asyncDispose]: () => this.#trash.discard(staging) };
    this.#taken.set(snapshot, takenNothing());
    return snapshot;
  }

  async find(chain: Chain, { signal }: AbortOptions = {}): Promise<SnapshotInfo | undefined> {
    signal?.throwIfAborted();
    const record = await findLayerRecord(this.#layout.layer(layerIdOf(chain)));
    return record === undefined ? undefined : { chain, bytes: record.bytes, inodes: record.inodes };
  }

  commit(layers: readonly StagedLayer[], { signal }: AbortOptions = {}): Promise<void> {
    return this.#inTurn("commit layers", async () => {
      const staged = new Map<string, StagedLayer>();
      for (const layer of layers) {
        signal?.throwIfAborted();
        if ((await this.find(layer.chain)) !== undefined) continue;
        const taken = this.#taken.get(layer.snapshot) ?? takenNothing();
        await finishLayer(this.#layout, layer, { staged, taken, signal });
        staged.set(layerIdOf(layer.chain), layer);
      }
      signal?.throwIfAborted();
      if (staged.size > 0) await this.#publish(staged);
    });
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
      await this.#trash.put(this.#layout.layer(id));
      this.#children.remove(id, parentIdOf(chain));
      await unlink(this.#layout.link(id)).catch(unless("ENOENT"));
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn.catch(() => undefined);
    await this.#trash[Symbol.asyncDispose]();
  }

  /** One sync for all, then the links, which must stand when a layer does, then the names from the bottom up. */
  async #publish(staged: ReadonlyMap<string, StagedLayer>): Promise<void> {
    await using home = await open(this.#layout.home);
    await syncFileSystem(home.fd);
    await using links = await open(this.#layout.links);
    for (const id of staged.keys()) {
      await symlink(join("..", id, "diff"), this.#layout.link(id)).catch(unless("EEXIST"));
    }
    await links.sync();
    for (const [id, { chain, snapshot }] of staged) {
      await this.#trash.put(this.#layout.layer(id));
      await rename(dirname(snapshot.directory), this.#layout.layer(id));
      this.#children.add(id, parentIdOf(chain));
    }
    await home.sync();
  }

  #inTurn<Result>(action: string, work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work).catch((error: unknown) => {
      throw asStorageError(error, action);
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** The id of the layer that the top one of a chain stands on. */
function parentIdOf(chain: Chain): string | undefined {
  return layerIdsOf(chain).at(-2);
}

/** The diff ids from the bottom up to a layer; `undefined` where one below it is missing. */
function chainOf(id: string, records: ReadonlyMap<string, LayerRecord>): Chain | undefined {
  const chain: Digest[] = [];
  for (let at: string | undefined = id; at !== undefined; ) {
    const record: LayerRecord | undefined = records.get(at);
    if (record === undefined || chain.length > records.size) return undefined;
    chain.unshift(record.diffId);
    at = record.parent;
  }
  return chain;
}

function inUse(id: string, why: string): StowageError {
  return new StowageError("failed-precondition", `Cannot remove layer ${id}: ${why}`);
}

function unless(code: string): (error: unknown) => void {
  return (error) => {
    if (!isErrno(error, code)) throw error;
  };
}
