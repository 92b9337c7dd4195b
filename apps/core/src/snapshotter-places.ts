import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "@stowage/config";
import { handlersOf } from "./service-settings.ts";

/** Where a snapshotter is, below the root of the store. */
export interface SnapshotterPlace {
  readonly storage: string;
  readonly trash: string;
  readonly driver: Settings["snapshotter"];
}

export const defaultPlace: Omit<SnapshotterPlace, "driver"> = { storage: "storage", trash: "trash" };

/** Those that runtime handlers want beside the default one, and those that some wanted once, whose images are still here. */
export function otherPlaces(
  root: string,
  settings: Pick<Settings, "runtimes" | "snapshotter">,
): readonly SnapshotterPlace[] {
  const wanted = new Set([...handlersOf(settings).values()].map(({ snapshotter }) => snapshotter));
  return drivers
    .filter((driver) => driver !== settings.snapshotter)
    .map((driver) => ({ storage: `storage-${driver}`, trash: `trash-${driver}`, driver }))
    .filter(({ storage, driver }) => wanted.has(driver) || existsSync(join(root, storage)));
}

const drivers = ["overlay", "native"] as const;
