import type { Tuning } from "./image-service.ts";
import type { WatchedDependencies } from "./watched-pull.ts";

/** What a pull goes by that can be set otherwise while the service is open. */
export type TunedDependencies = Pick<WatchedDependencies, "keepsLayers" | "leaseSeconds" | "inactivitySeconds">;

export function tunedBy({ retention, leaseSeconds, inactivitySeconds }: Tuning): TunedDependencies {
  return { keepsLayers: retention.layers !== "none", leaseSeconds, inactivitySeconds };
}
