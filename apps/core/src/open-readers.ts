import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Consumers, createAdditionalStore, openConsumers } from "@stowage/additional-store";
import type { Settings } from "@stowage/config";
import { blobPath } from "@stowage/content-fs";
import type { ImageReaders } from "@stowage/images";
import type { Snapshotter } from "@stowage/snapshots";
import { defaultPlace } from "./snapshotter-places.ts";

/** Other programs, whose containers may stand on our layers; `undefined` where none is let read the store. */
export function findConsumers({
  snapshotter,
  additionalStore,
}: Pick<Settings, "snapshotter" | "additionalStore">): Consumers | undefined {
  return snapshotter === "overlay" && additionalStore.publish ? openConsumers(additionalStore.consumers) : undefined;
}

/** What these are told of the images; where none is let read any more, that there are none. */
export function openReaders(
  root: string,
  { durability }: Pick<Settings, "durability">,
  { consumers, snapshots }: { readonly consumers: Consumers | undefined; readonly snapshots: Snapshotter },
): ImageReaders | undefined {
  const storage = join(root, defaultPlace.storage);
  const readers = createAdditionalStore({
    root: storage,
    blobPath: (digest) => blobPath(join(root, "content"), digest),
    snapshots,
    consumers: consumers ?? openConsumers([]),
    durability,
  });
  if (consumers !== undefined) return readers;
  const wereTold = existsSync(join(storage, "overlay-images/images.json"));
  return wereTold ? { show: () => readers.show([]) } : undefined;
}
