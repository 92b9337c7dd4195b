import type { Settings } from "@stowage/config";
import type { Handler, Handlers, Tuning } from "@stowage/image-service";
import { parsePlatform } from "@stowage/oci";

/** The settings that a store takes over while it is open. */
export type TunableSettings = Pick<Settings, "content" | "pull" | "pinned" | "sandboxImage">;

export function tuningOf({ content, pull, pinned, sandboxImage }: TunableSettings): Tuning {
  return {
    concurrentLayers: { all: pull.concurrentLayers, registry: pull.concurrentLayersPerRegistry },
    retention: { layers: content.retain, bytes: content.budget, seconds: content.age },
    leaseSeconds: pull.lease,
    inactivitySeconds: pull.inactivity,
    pinned: [...pinned, sandboxImage],
  };
}

/** The runtime handlers beside the default one. One with the default snapshotter shares its layers. */
export function handlersOf({ runtimes, snapshotter }: Pick<Settings, "runtimes" | "snapshotter">): Handlers {
  return new Map(
    Object.entries(runtimes).map(([name, runtime]): [string, Handler] => [
      name,
      {
        platform: runtime.platform === undefined ? undefined : parsePlatform(runtime.platform),
        snapshotter: runtime.snapshotter === snapshotter ? undefined : runtime.snapshotter,
      },
    ]),
  );
}
