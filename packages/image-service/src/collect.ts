import type { ContentStore } from "@stowage/content";
import { type AbortOptions, isStowageError } from "@stowage/errors";
import { diffIdsOf, type Image, type ImageIndex, keptBlobs } from "@stowage/images";
import { chainIds, type Digest } from "@stowage/oci";
import type { Chain, Snapshotter } from "@stowage/snapshots";
import type { Leases } from "./leases.ts";

export interface CollectDependencies {
  readonly content: Pick<ContentStore, "list" | "remove" | "listIngests" | "removeIngest">;
  readonly snapshots: Pick<Snapshotter, "list" | "remove">;
  readonly images: Pick<ImageIndex, "list">;
  readonly leases: Leases;
}

export interface CollectOptions extends AbortOptions {
  /** The time by which blobs are old, in milliseconds since the epoch. */
  readonly now?: number | undefined;
}

/** A blob that no image wants, or a part of one, may be what a pull had fetched when it failed; for this long it waits for the retry. */
const retryMilliseconds = 24 * 60 * 60 * 1000;

/** Gives back the disk of an image that was removed: what no other image has, no pull counts on and nobody has mounted. */
export async function collectImage(dependencies: CollectDependencies, removed: Image): Promise<void> {
  await dependencies.leases.collect(async () => {
    const chain = diffIdsOf(removed);
    await dropChains(
      dependencies,
      chain.map((_, at) => chain.slice(0, at + 1)),
    );
    await dropBlobs(
      dependencies,
      keptBlobs(removed).map(({ digest }) => digest),
    );
  });
}

/** Gives back what nothing refers to: layers that a crash left without an image, blobs after the time for a retry. */
export async function collectOrphans(
  dependencies: CollectDependencies,
  { signal, now = Date.now() }: CollectOptions = {},
): Promise<void> {
  const { snapshots, content, leases } = dependencies;
  await leases.collect(async () => {
    const chains = (await Array.fromAsync(snapshots.list({ signal }))).map(({ chain }) => chain);
    await dropChains(dependencies, chains);
    const blobs = await Array.fromAsync(content.list({ signal }));
    const old = blobs.filter(({ storedAt }) => now - storedAt > retryMilliseconds);
    await dropBlobs(
      dependencies,
      old.map(({ digest }) => digest),
    );
    for (const { digest, updatedAt } of await Array.fromAsync(content.listIngests({ signal }))) {
      if (now - updatedAt > retryMilliseconds) await leases.unlessHeld(digest, () => content.removeIngest(digest));
    }
  });
}

async function dropChains({ images, snapshots, leases }: CollectDependencies, chains: readonly Chain[]): Promise<void> {
  const wanted = new Set((await images.list()).flatMap((image) => chainIds(diffIdsOf(image))));
  const unwanted = chains.filter((chain) => !wanted.has(topOf(chain)));
  for (const chain of unwanted.toSorted((one, other) => other.length - one.length)) {
    await leases.unlessHeld(topOf(chain), () => unlessInUse(snapshots.remove(chain)));
  }
}

async function dropBlobs({ images, content, leases }: CollectDependencies, digests: readonly Digest[]): Promise<void> {
  const wanted = new Set((await images.list()).flatMap(keptBlobs).map(({ digest }) => digest));
  for (const digest of new Set(digests)) {
    if (!wanted.has(digest)) await leases.unlessHeld(digest, () => content.remove(digest));
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

function topOf(chain: Chain): Digest {
  const top = chainIds(chain).at(-1);
  if (top === undefined) throw new Error("a chain without layers has no id");
  return top;
}
