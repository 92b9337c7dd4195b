import { layerIdsOf } from "@stowage/containers-storage";
import { type AbortOptions, StowageError } from "@stowage/errors";
import type { Chain } from "@stowage/snapshots";
import { findLayerRecord } from "./layer-record.ts";
import type { Layout } from "./layout.ts";

/** The ids of the layers of a chain, bottom first. Fails with `not-found` where one is missing. */
export async function requireLayers(
  layout: Layout,
  chain: Chain,
  { signal }: AbortOptions,
): Promise<readonly string[]> {
  const ids = layerIdsOf(chain);
  if (ids.length === 0) throw new StowageError("invalid-argument", "Cannot mount layers: there are none");
  for (const [at, id] of ids.entries()) {
    signal?.throwIfAborted();
    if ((await findLayerRecord(layout.layer(id))) !== undefined) continue;
    const which = `layer ${at + 1} of ${ids.length}, ${chain[at]},`;
    throw new StowageError("not-found", `Cannot mount layers: ${which} is not here`);
  }
  return ids;
}
