import { StowageError } from "@stowage/errors";
import { type Image, type ImageIndex, type ImageLayer, layerResource, type Resource } from "@stowage/images";
import { ContentMismatchError, chainIdOf, layerCompressionOf, quoteText } from "@stowage/oci";
import type { Keychain } from "@stowage/registry";
import type { SharedWork } from "@stowage/shared-work";
import { shareKey } from "./fetch-blob.ts";
import { joined } from "./joined.ts";
import { type Limiter, takeTurn } from "./limiter.ts";
import { layerReporter, type PullEvent, type PullOptions } from "./pull-event.ts";
import { type BroughtLayer, type StageDependencies, stageLayer, type WantedLayer } from "./stage-layer.ts";

/** What layers are brought here with. The shared work is that of all pulls, so that each layer comes once. */
export interface LayerDependencies extends StageDependencies {
  readonly limiter: Limiter;
  /** The name of the snapshotter; the default one has none. */
  readonly snapshotter?: string | undefined;
  readonly stages: SharedWork<BroughtLayer & AsyncDisposable, PullEvent>;
  readonly images: ImageIndex;
}

/**
 * Brings the layers here that are not: fetched and unpacked several at once. They are staged until `shares` is disposed of. The
 * first failure stops the others; what was unpacked is dropped then, and what arrived of blobs stays for the next try.
 */
export async function bringLayers(
  dependencies: LayerDependencies,
  layers: readonly WantedLayer[],
  options: BringLayersOptions,
): Promise<readonly BroughtLayer[]> {
  const images = await dependencies.images.list();
  const bring = (layer: WantedLayer, signal: AbortSignal) =>
    bringLayer(dependencies, layer, { ...options, signal, images });
  const brought = await joined(layers, bring, options.signal);
  return brought.filter((layer) => layer !== undefined);
}

export interface BringLayersOptions extends PullOptions {
  /** Tells this pull from the others. */
  readonly pull: string;
  /** Asked for credentials in place of the machine's. */
  readonly keychain?: Keychain | undefined;
  /** Holds what is staged. */
  readonly shares: AsyncDisposableStack;
  /** What is to be brought anew although it is here. */
  readonly damaged: ReadonlySet<Resource>;
}

interface BringOptions extends BringLayersOptions {
  readonly signal: AbortSignal;
  readonly images: readonly Image[];
}

/**
 * Whether it was seen that this blob unpacks to its diff id. A manifest that pairs a blob nobody has seen with the diff
 * id of a layer that is here has to bring that blob; its word alone makes nothing of it. Nor does its word on the size.
 */
function isKnown({ blob, chain }: WantedLayer, images: readonly Image[]): boolean {
  const diffId = chain.at(-1);
  const isSame = (layer: ImageLayer): boolean => layer.blob.digest === blob.digest && layer.diffId === diffId;
  const known = images.find(({ layers }) => layers.some(isSame))?.layers.find(isSame);
  if (known !== undefined && known.blob.size !== blob.size)
    throw new ContentMismatchError(blob, `${known.blob.size} bytes`);
  return known !== undefined;
}

/** The layer, unpacked and waiting for its name; `undefined` where it has one already, and all is well with it. */
async function bringLayer(
  dependencies: LayerDependencies,
  layer: WantedLayer,
  options: BringOptions,
): Promise<BroughtLayer | undefined> {
  requireFiles(layer);
  const report = layerReporter(layer.blob, options);
  const resource = layerResource(chainIdOf(layer.chain), dependencies.snapshotter);
  const replace = options.damaged.has(resource);
  if (!replace && isKnown(layer, options.images) && (await dependencies.snapshots.find(layer.chain, options))) {
    report("present", layer.blob.size);
    return undefined;
  }
  report("waiting", 0);
  const stage = async (signal: AbortSignal, onProgress: (event: PullEvent) => void) => {
    using _turn = await takeTurn(dependencies.limiter, layer, { ...options, signal });
    return await stageLayer(dependencies, layer, { ...options, signal, onProgress });
  };
  const staged = await dependencies.stages.join(shareKey(layer, resource), stage, options);
  report("done", layer.blob.size);
  return { ...staged, replace };
}

/** Fails for what its media type says is no layer of files. */
function requireFiles({ blob }: WantedLayer): void {
  if (layerCompressionOf(blob.mediaType) !== undefined) return;
  const why = `its media type ${quoteText(blob.mediaType)} is no layer of files`;
  throw new StowageError("invalid-argument", `Cannot unpack layer ${blob.digest}: ${why}`);
}
