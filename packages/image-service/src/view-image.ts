import { StowageError } from "@stowage/errors";
import { diffIdsOf, type Image, layersOf } from "@stowage/images";
import type { Mount, Snapshotter } from "@stowage/snapshots";
import type { Snapshotters } from "./handlers.ts";
import type { ViewOptions } from "./image-service.ts";
import { requireReady } from "./ready.ts";
import type { Roots } from "./roots.ts";

export interface ViewDependencies {
  readonly snapshotters: Snapshotters<Pick<Snapshotter, "view">>;
  readonly roots: Pick<Roots, "lease" | "end">;
}

/** The mounts that show an image. Its layers are held for the holder first, so that none goes in between. */
export async function viewImage(
  { roots, snapshotters }: ViewDependencies,
  image: Image,
  { holder, signal }: ViewOptions,
): Promise<readonly Mount[]> {
  const chain = diffIdsOf(image);
  if (chain.length === 0)
    throw new StowageError("failed-precondition", `Cannot mount image ${image.id}: it has no layers`);
  requireReady(image, "mount");
  if (holder !== undefined) await roots.lease(holder, layersOf(image), { signal });
  try {
    return await snapshotters.get(image.snapshotter).view(chain, { signal });
  } catch (error) {
    if (holder !== undefined) await roots.end([holder]);
    throw error;
  }
}
