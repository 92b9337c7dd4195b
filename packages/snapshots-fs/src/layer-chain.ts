import { layerIdsOf } from "@stowage/containers-storage";
import type { Digest } from "@stowage/oci";
import type { Chain } from "@stowage/snapshots";
import { type LayerRecord, readLayerRecords } from "./layer-record.ts";

/** The id of the layer that the top one of a chain stands on. */
export function parentIdOf(chain: Chain): string | undefined {
  return layerIdsOf(chain).at(-2);
}

/** The chain of the layer that has this directory name in the driver's home; `undefined` where it, or one below it, is missing. */
export async function findChain(home: string, id: string): Promise<Chain | undefined> {
  return chainOf(id, await readLayerRecords(home));
}

/** The diff ids from the bottom up to a layer; `undefined` where one below it is missing. */
export function chainOf(id: string, records: ReadonlyMap<string, LayerRecord>): Chain | undefined {
  const chain: Digest[] = [];
  for (let at: string | undefined = id; at !== undefined; ) {
    const record: LayerRecord | undefined = records.get(at);
    if (record === undefined || chain.length > records.size) return undefined;
    chain.unshift(record.diffId);
    at = record.parent;
  }
  return chain;
}
