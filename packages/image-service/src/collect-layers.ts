import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { type AbortOptions, isStowageError } from "@stowage/errors";
import { type Image, type ImageIndex, layerResource, layersOf, type Resource } from "@stowage/images";
import { chainIdOf } from "@stowage/oci";
import type { Chain, Snapshotter, Usage } from "@stowage/snapshots";
import type { Collectable, Collection } from "./collection.ts";
import type { Snapshotters } from "./handlers.ts";
import type { Holdings } from "./holdings.ts";

export interface CollectLayersDependencies {
  readonly snapshotters: Snapshotters<Pick<Snapshotter, "list" | "remove" | "isShown">>;
  readonly images: Pick<ImageIndex, "list">;
  readonly holdings: Holdings;
}

/** An unpacked layer, and who has it. */
export interface KeptLayer extends Usage, Pick<Image, "snapshotter"> {
  readonly chain: Chain;
}

/** Gives back the layers that nobody holds, or, dry, only says which. */
export async function collectLayers(
  dependencies: CollectLayersDependencies,
  options: AbortOptions & { readonly dryRun?: boolean | undefined },
): Promise<Collection> {
  const { holdings, images } = dependencies;
  const had = new Set((await images.list()).flatMap(layersOf));
  const gone: Collectable[] = [];
  const kept: Collectable[] = [];
  const shown: Chain[] = [];
  for (const layer of await listLayers(dependencies, options)) {
    const holders = holdings.holdersOf(resourceOf(layer));
    const isDry = options.dryRun === true;
    const fate = isDry ? await foretell(dependencies, layer, shown) : await dropLayer(dependencies, layer, options);
    if (fate === "in-use") shown.push(layer.chain);
    const { bytes, inodes } = layer;
    const about = { kind: "layer", digest: chainIdOf(layer.chain), bytes, inodes, holders } as const;
    if (fate === "gone") gone.push({ ...about, why: "unneeded" });
    else if (!had.has(resourceOf(layer))) kept.push({ ...about, why: fate });
  }
  return { gone, kept };
}

type Fate = "gone" | "held" | "in-use";

/** What would become of a layer; `shown` are those above that are in use. */
async function foretell(
  { snapshotters, holdings }: Pick<CollectLayersDependencies, "snapshotters" | "holdings">,
  layer: KeptLayer,
  shown: readonly Chain[],
): Promise<Fate> {
  if (holdings.isHeld(resourceOf(layer))) return "held";
  const { chain } = layer;
  const isBelow = shown.some((above) => chain.every((diffId, at) => above[at] === diffId));
  const isShown = isBelow || (await snapshotters.get(layer.snapshotter).isShown(chain));
  return isShown ? "in-use" : "gone";
}

/** Every unpacked layer, those above first. */
export async function listLayers(
  { snapshotters }: Pick<CollectLayersDependencies, "snapshotters">,
  { signal }: AbortOptions,
): Promise<readonly KeptLayer[]> {
  const layers: KeptLayer[] = [];
  for (const [snapshotter, snapshots] of snapshotters) {
    for await (const info of snapshots.list({ signal })) layers.push({ ...info, snapshotter });
  }
  return layers.toSorted((one, other) => other.chain.length - one.chain.length);
}

/** Gives a layer back, unless somebody holds it, or a mount or a layer that stands on it needs it until a later collection. */
export async function dropLayer(
  { snapshotters, holdings }: Pick<CollectLayersDependencies, "snapshotters" | "holdings">,
  layer: Pick<KeptLayer, "chain" | "snapshotter">,
  { signal }: AbortOptions = {},
): Promise<Fate> {
  const resource = resourceOf(layer);
  const snapshots = snapshotters.find(layer.snapshotter); // it may be gone, with all that it had
  if (holdings.isHeld(resource) || snapshots === undefined) return "held";
  await turnOfTheLoop(undefined, { signal });
  let isInUse = false;
  const isTried = await holdings.unlessHeld(resource, async () => {
    isInUse = await isRefused(snapshots.remove(layer.chain));
  });
  if (!isTried) return "held";
  return isInUse ? "in-use" : "gone";
}

async function isRefused(removal: Promise<void>): Promise<boolean> {
  try {
    await removal;
    return false;
  } catch (error) {
    if (isStowageError(error, "failed-precondition")) return true;
    throw error;
  }
}

export function resourceOf({ chain, snapshotter }: Pick<KeptLayer, "chain" | "snapshotter">): Resource {
  return layerResource(chainIdOf(chain), snapshotter);
}
