import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import type { ContentStore } from "@stowage/content";
import type { AbortOptions } from "@stowage/errors";
import {
  blobResource,
  diffIdsOf,
  digestOfBlob,
  type Image,
  type ImageIndex,
  keptBlobs,
  type Resource,
  resourcesOf,
} from "@stowage/images";
import type { Digest } from "@stowage/oci";
import type { Snapshotter, Usage } from "@stowage/snapshots";
import { collectLayers, dropLayer, listLayers, resourceOf } from "./collect-layers.ts";
import type { Collection } from "./collection.ts";
import type { Snapshotters } from "./handlers.ts";
import type { Holdings } from "./holdings.ts";
import { judgeKeepable, type KeepableOptions, type KeptBytes } from "./keepable.ts";
import type { Roots } from "./roots.ts";

export interface CollectDependencies {
  readonly content: Pick<ContentStore, "list" | "remove" | "listIngests" | "removeIngest">;
  readonly snapshotters: Snapshotters<Pick<Snapshotter, "list" | "remove" | "isShown" | "sweep">>;
  readonly images: Pick<ImageIndex, "list" | "listLeases">;
  readonly holdings: Holdings;
  readonly roots: Pick<Roots, "ready" | "forgetBlobs">;
}

export interface CollectOptions extends KeepableOptions {
  /** Only say what would go. */
  readonly dryRun?: boolean | undefined;
}

/** Gives back the disk of an image that was removed, but for what somebody holds or has mounted. Returns how much that was. */
export async function collectImage(dependencies: CollectDependencies, removed: Image): Promise<Usage> {
  await dependencies.roots.ready();
  const diffIds = diffIdsOf(removed);
  const freed = { bytes: 0, inodes: 0 };
  const add = ({ bytes, inodes }: Usage): void => {
    freed.bytes += bytes;
    freed.inodes += inodes;
  };
  for (const [at, layer] of [...removed.layers.entries()].toReversed()) {
    const { snapshotter } = removed;
    if ((await dropLayer(dependencies, { chain: diffIds.slice(0, at + 1), snapshotter })) === "gone") add(layer);
  }
  const blobs = new Map(keptBlobs(removed).map(({ digest, size }) => [digest, size]));
  for (const [digest, bytes] of blobs) if (await dropBlob(dependencies, digest)) add({ bytes, inodes: 1 });
  return freed;
}

/** Gives back the bytes that nobody holds any more, because a lease on them has ended, whatever the budget. */
export async function dropBlobs(dependencies: CollectDependencies, freed: readonly Resource[]): Promise<void> {
  await dependencies.roots.ready();
  for (const resource of freed) {
    const digest = digestOfBlob(resource);
    if (digest !== undefined) await dropBlob(dependencies, digest);
  }
}

/** What a collection came to. */
export interface Collected {
  /** What stays although no image has it. */
  readonly unheld: Usage;
  readonly collection: Collection;
}

/**
 * Gives back what nobody holds: layers at once, bytes when they are over the budget. One thing after the other, so that
 * nobody waits for it.
 */
export async function collectUnheld(dependencies: CollectDependencies, options: CollectOptions): Promise<Collected> {
  await dependencies.roots.ready();
  const layers = await collectLayers(dependencies, options);
  if (options.dryRun !== true) await sweepStrays(dependencies, options);
  const bytes = await judgeKeepable(dependencies, options);
  if (options.dryRun !== true) await dropBytes(dependencies, bytes.gone, options);
  const collection = { gone: [...layers.gone, ...bytes.gone], kept: [...layers.kept, ...bytes.kept] };
  return { unheld: await measureUnheld(dependencies, options), collection };
}

async function dropBytes(
  dependencies: CollectDependencies,
  gone: readonly KeptBytes[],
  { signal }: AbortOptions,
): Promise<void> {
  const ofImages = gone.filter(({ isOfImage }) => isOfImage).map(({ digest }) => digest);
  if (ofImages.length > 0) await dependencies.roots.forgetBlobs(ofImages, { signal });
  for (const item of gone) {
    await turnOfTheLoop(undefined, { signal });
    await drop(dependencies, item);
  }
}

async function drop(dependencies: CollectDependencies, { kind, digest }: KeptBytes): Promise<void> {
  if (kind === "blob") await dropBlob(dependencies, digest);
  else await dependencies.holdings.unlessHeld(blobResource(digest), () => dependencies.content.removeIngest(digest));
}

async function dropBlob({ holdings, content }: CollectDependencies, digest: Digest): Promise<boolean> {
  return await holdings.unlessHeld(blobResource(digest), () => content.remove(digest));
}

/** What stands on layers that are lost is of use to images that are yet to be repaired, and to nobody else. */
async function sweepStrays({ snapshotters, images }: CollectDependencies, { signal }: AbortOptions): Promise<void> {
  // It does not say of which chains. What holds over boots stands on them, and so shows that they are in use.
  const isLeased = (await images.listLeases()).some(({ boot }) => boot !== undefined);
  if (isLeased) return;
  const all = await images.list();
  for (const [name, snapshots] of snapshotters) {
    const kept = all.filter(({ snapshotter }) => snapshotter === name).map(diffIdsOf);
    await snapshots.sweep(kept, { signal });
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
  for (const layer of await listLayers(dependencies, { signal })) add(resourceOf(layer), layer);
  for await (const { digest, size } of content.list({ signal })) add(blobResource(digest), { bytes: size, inodes: 1 });
  for await (const { digest, bytes } of content.listIngests({ signal }))
    add(blobResource(digest), { bytes, inodes: 1 });
  return unheld;
}
