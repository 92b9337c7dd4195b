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

/** Those that runtime handlers want beside the default one, and those that some wanted once, though the default is such a one now. */
export function otherPlaces(
  root: string,
  settings: Pick<Settings, "runtimes" | "snapshotter">,
): readonly SnapshotterPlace[] {
  const wanted = new Set([...handlersOf(settings).values()].map(({ snapshotter }) => snapshotter));
  return drivers
    .map((driver) => ({ storage: `storage-${driver}`, trash: `trash-${driver}`, driver }))
    .filter(({ storage, driver }) => wanted.has(driver) || existsSync(join(root, storage)));
}

const drivers = ["overlay", "native"] as const;
