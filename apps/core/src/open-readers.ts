import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Consumers, createAdditionalStore, openConsumers } from "@stowage/additional-store";
import type { Settings } from "@stowage/config";
import { blobPath } from "@stowage/content-fs";
import type { ImageReaders } from "@stowage/images";
import type { Snapshotter } from "@stowage/snapshots";
import { defaultPlace } from "./snapshotter-places.ts";

/** Other programs, which may stand on our layers, also when they are not told of new ones any more; `undefined` where none can. */
export function findConsumers({
  snapshotter,
  additionalStore,
}: Pick<Settings, "snapshotter" | "additionalStore">): Consumers | undefined {
  return snapshotter === "overlay" ? openConsumers(additionalStore.consumers) : undefined;
}

/** What these are told of the images; where none is let read any more, that there are none. */
export function openReaders(
  root: string,
  { durability, additionalStore }: Pick<Settings, "durability" | "additionalStore">,
  { consumers, snapshots }: { readonly consumers: Consumers | undefined; readonly snapshots: Snapshotter },
): ImageReaders | undefined {
  if (consumers === undefined) return undefined;
  const storage = join(root, defaultPlace.storage);
  const readers = createAdditionalStore({
    root: storage,
    blobPath: (digest) => blobPath(join(root, "content"), digest),
    snapshots,
    consumers,
    durability,
  });
  if (additionalStore.publish) return readers;
  const wereTold = existsSync(join(storage, "overlay-images/images.json"));
  return wereTold ? { show: () => readers.show([]), hasTold: () => readers.hasTold() } : undefined;
}
