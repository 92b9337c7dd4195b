import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mountAll, unmount } from "@stowage/linux";
import type { Digest } from "@stowage/oci";
import type { Chain, LayerSource, Snapshotter, StagedLayer, Unpacker } from "@stowage/snapshots";
import { openSnapshotter } from "@stowage/snapshots-fs";
import { createUnpacker } from "@stowage/unpack";

/** Snapshots of our own and an unpacker, below a directory that goes with them. */
export interface LayerStore extends AsyncDisposable {
  readonly directory: string;
  readonly snapshots: Snapshotter;
  readonly unpacker: Unpacker;
}

export async function openLayerStore(): Promise<LayerStore> {
  await using opening = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "stowage-layers-"));
  opening.defer(() => rmSync(directory, { recursive: true, force: true }));
  const unpacker = opening.use(createUnpacker());
  const options = { trash: join(directory, "trash"), durability: "relaxed" } as const;
  const snapshots = opening.use(await openSnapshotter(join(directory, "storage"), options));
  mkdirSync(join(directory, "rootfs"));
  const opened = opening.move();
  return { directory, snapshots, unpacker, [Symbol.asyncDispose]: async () => await opened.disposeAsync() };
}

/** Layers side by side, none knowing of the others, named in one breath. */
export async function unpackTogether(store: LayerStore, layers: readonly LayerSource[]): Promise<Chain> {
  const chain = layers.map(({ diffId }) => diffId);
  const staged: StagedLayer[] = [];
  await using snapshots = new AsyncDisposableStack();
  const waiting = [...layers.entries()];
  const lane = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [at, layer] = next;
      const one = await stage(store, layer, chain.slice(0, at + 1));
      snapshots.use(one.snapshot);
      staged[at] = one;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: threads }, lane));
  for (const ended of lanes) if (ended.status === "rejected") throw ended.reason;
  await store.snapshots.commit(staged);
  return chain;
}

/** As many as an unpacker keeps; to start another takes ten times as long as a small layer. */
const threads = 4;

/** One layer after the other, each when those below it have their names. */
export async function unpackInTurn(store: LayerStore, layers: readonly LayerSource[]): Promise<Chain> {
  const chain: Digest[] = [];
  for (const layer of layers) {
    chain.push(layer.diffId);
    const staged = await stage(store, layer, [...chain]);
    await using _dropped = staged.snapshot;
    await store.snapshots.commit([staged]);
  }
  return chain;
}

async function stage({ snapshots, unpacker }: LayerStore, source: LayerSource, chain: Chain): Promise<StagedLayer> {
  const snapshot = await snapshots.prepare();
  try {
    return { chain, snapshot, layer: await unpacker.unpack(source, snapshot.directory) };
  } catch (error) {
    await snapshot[Symbol.asyncDispose]();
    throw error;
  }
}

/** Looks at what the kernel shows of a stack. */
export async function viewed<Seen>(
  { directory, snapshots }: LayerStore,
  chain: Chain,
  look: (rootfs: string) => Seen,
): Promise<Seen> {
  const target = join(directory, "rootfs");
  await mountAll(await snapshots.view(chain), target);
  try {
    return look(target);
  } finally {
    unmount(target);
  }
}
