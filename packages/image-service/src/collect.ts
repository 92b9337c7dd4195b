import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import type { ContentStore } from "@stowage/content";
import { type AbortOptions, isStowageError } from "@stowage/errors";
import {
  blobResource,
  diffIdsOf,
  digestOfBlob,
  type Image,
  type ImageIndex,
  keptBlobs,
  layerResource,
  neededBy,
  type Resource,
  resourcesOf,
} from "@stowage/images";
import { chainIdOf, type Digest } from "@stowage/oci";
import type { Chain, Snapshotter, Usage } from "@stowage/snapshots";
import type { Snapshotters } from "./handlers.ts";
import type { Holdings } from "./holdings.ts";
import { type Keepable, overBudget, type Retention } from "./retention.ts";
import type { Roots } from "./roots.ts";

export interface CollectDependencies {
  readonly content: Pick<ContentStore, "list" | "remove" | "listIngests" | "removeIngest">;
  readonly snapshotters: Snapshotters<Pick<Snapshotter, "list" | "remove" | "sweep">>;
  readonly images: Pick<ImageIndex, "list" | "listLeases">;
  readonly holdings: Holdings;
  readonly roots: Pick<Roots, "ready" | "forgetBlobs">;
}

export interface CollectOptions extends AbortOptions {
  readonly retention: Retention;
  /** In milliseconds since the epoch. */
  readonly now?: number | undefined;
}

/** Gives back the disk of an image that was removed: what nobody holds and nobody has mounted. */
export async function collectImage(dependencies: CollectDependencies, removed: Image): Promise<void> {
  await dependencies.roots.ready();
  const diffIds = diffIdsOf(removed);
  const { snapshotter } = removed;
  await dropLayers(
    dependencies,
    diffIds.map((_, at) => ({ chain: diffIds.slice(0, at + 1), snapshotter })),
  );
  for (const { digest } of keptBlobs(removed)) await dropBlob(dependencies, digest);
}

/** Gives back the bytes that nobody holds any more, because a lease on them has ended, whatever the budget. */
export async function dropBlobs(dependencies: CollectDependencies, freed: readonly Resource[]): Promise<void> {
  for (const resource of freed) {
    const digest = digestOfBlob(resource);
    if (digest !== undefined) await dropBlob(dependencies, digest);
  }
}

/**
 * Gives back what nobody holds: layers at once, bytes when they are over the budget. One thing after the other, so that
 * nobody waits for it. Returns what stays although no image has it.
 */
export async function collectUnheld(dependencies: CollectDependencies, options: CollectOptions): Promise<Usage> {
  await dependencies.roots.ready();
  await dropLayers(dependencies, await listLayers(dependencies, options.signal), options);
  await sweepStrays(dependencies, options);
  const keepable = await listKeepable(dependencies, options);
  const gone = new Set(overBudget(keepable, options.retention, options.now ?? Date.now()));
  const ofImages = [...gone].filter(({ isOfImage }) => isOfImage).map(({ digest }) => digest);
  if (ofImages.length > 0) await dependencies.roots.forgetBlobs(ofImages, options);
  for (const item of gone) {
    await turnOfTheLoop(undefined, { signal: options.signal });
    await drop(dependencies, item);
  }
  return await measureUnheld(dependencies, options);
}

/** A blob or an ingest that no image needs. */
interface KeptBytes extends Keepable {
  readonly kind: "blob" | "ingest";
  readonly digest: Digest;
  /** Whether it is the blob of a layer that images have unpacked. */
  readonly isOfImage: boolean;
}

/** What is in the budget. Documents of images are not, nor what a lease holds, nor blobs of layers where all are kept. */
async function listKeepable(
  dependencies: CollectDependencies,
  { signal, retention }: CollectOptions,
): Promise<readonly KeptBytes[]> {
  const { content, holdings } = dependencies;
  const layerBlobs = retention.layers === "all" ? new Set<Resource>() : await listLayerBlobs(dependencies);
  const keepable: KeptBytes[] = [];
  for await (const { digest, size, storedAt: since } of content.list({ signal })) {
    const isOfImage = layerBlobs.has(blobResource(digest));
    if (holdings.isHeld(blobResource(digest)) && !isOfImage) continue;
    keepable.push({
      kind: "blob",
      digest,
      isOfImage,
      bytes: size,
      since: isOfImage && retention.layers === "none" ? 0 : since,
    });
  }
  for await (const { digest, bytes, updatedAt: since } of content.listIngests({ signal })) {
    if (holdings.isHeld(blobResource(digest))) continue;
    keepable.push({ kind: "ingest", digest, isOfImage: false, bytes, since });
  }
  return keepable;
}

/** The layer blobs that images keep and no lease holds. */
async function listLayerBlobs({ images }: CollectDependencies): Promise<ReadonlySet<Resource>> {
  const all = await images.list();
  const kept = all.flatMap(({ layers }) => layers.filter((layer) => layer.kept).map(({ blob }) => blob.digest));
  const needed = new Set(all.flatMap(neededBy));
  const leased = new Set((await images.listLeases()).flatMap(({ resources }) => resources));
  return new Set(kept.map(blobResource).filter((resource) => !needed.has(resource) && !leased.has(resource)));
}

async function drop(dependencies: CollectDependencies, { kind, digest }: KeptBytes): Promise<void> {
  if (kind === "blob") return await dropBlob(dependencies, digest);
  await dependencies.holdings.unlessHeld(blobResource(digest), () => dependencies.content.removeIngest(digest));
}

async function dropBlob({ holdings, content }: CollectDependencies, digest: Digest): Promise<void> {
  await holdings.unlessHeld(blobResource(digest), () => content.remove(digest));
}

/** What stands on layers that are lost is of use to images that are yet to be repaired, and to nobody else. */
async function sweepStrays({ snapshotters, images }: CollectDependencies, { signal }: AbortOptions): Promise<void> {
  const isLeased = (await images.listLeases()).length > 0; // it does not say of which chains
  if (isLeased) return;
  const all = await images.list();
  for (const [name, snapshots] of snapshotters) {
    const kept = all.filter(({ snapshotter }) => snapshotter === name).map(diffIdsOf);
    await snapshots.sweep(kept, { signal });
  }
}

/** An unpacked layer, and who has it. */
interface KeptLayer extends Pick<Image, "snapshotter"> {
  readonly chain: Chain;
}

async function listLayers(
  { snapshotters }: CollectDependencies,
  signal: AbortSignal | undefined,
): Promise<readonly (KeptLayer & Usage)[]> {
  const layers: (KeptLayer & Usage)[] = [];
  for (const [snapshotter, snapshots] of snapshotters) {
    for await (const info of snapshots.list({ signal })) layers.push({ ...info, snapshotter });
  }
  return layers;
}

async function dropLayers(
  { snapshotters, holdings }: CollectDependencies,
  layers: readonly KeptLayer[],
  { signal }: AbortOptions = {},
): Promise<void> {
  for (const { chain, snapshotter } of layers.toSorted((one, other) => other.chain.length - one.chain.length)) {
    const resource = layerResource(chainIdOf(chain), snapshotter);
    if (holdings.isHeld(resource)) continue;
    await turnOfTheLoop(undefined, { signal });
    const snapshots = snapshotters.find(snapshotter); // it may be gone, with all that it had
    if (snapshots !== undefined) await holdings.unlessHeld(resource, () => unlessInUse(snapshots.remove(chain)));
  }
}

/** A layer that is mounted, or on which such a one stands, stays until a later collection. */
async function unlessInUse(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!isStowageError(error, "failed-precondition")) throw error;
  }
}

/** What is on the disk and of no image, but for what is about to be of one: that is counted with it. */
async function measureUnheld(dependencies: CollectDependencies, { signal }: AbortOptions): Promise<Usage> {
  const { content, images, holdings } = dependencies;
  const had = new Set((await images.list()).flatMap(resourcesOf));
  const unheld = { bytes: 0, inodes: 0 };
  const add = (resource: Resource, { bytes, inodes }: Usage): void => {
    if (had.has(resource) || holdings.isOnItsWay(resource)) return;
    unheld.bytes += bytes;
    unheld.inodes += inodes;
  };
  for (const { chain, snapshotter, ...usage } of await listLayers(dependencies, signal))
    add(layerResource(chainIdOf(chain), snapshotter), usage);
  for await (const { digest, size } of content.list({ signal })) add(blobResource(digest), { bytes: size, inodes: 1 });
  for await (const { digest, bytes } of content.listIngests({ signal }))
    add(blobResource(digest), { bytes, inodes: 1 });
  return unheld;
}
