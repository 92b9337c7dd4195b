import type { ContentStore, StagedBlob } from "@stowage/content";
import { StowageError } from "@stowage/errors";
import { type Image, type ImageIndex, type ImageLayer, layerResource, type Resource } from "@stowage/images";
import {
  type Compression,
  ContentMismatchError,
  chainIds,
  type Descriptor,
  type Digest,
  layerCompressionOf,
  quoteText,
} from "@stowage/oci";
import type { Registry, Repository } from "@stowage/registry";
import type { SharedWork } from "@stowage/shared-work";
import type { Chain, Snapshotter, StagedLayer, Unpacker } from "@stowage/snapshots";
import { step } from "@stowage/steps";
import { joined } from "./joined.ts";
import type { Limiter } from "./limiter.ts";
import type { LayerPhase, PullOptions } from "./pull-event.ts";

/** What layers are brought here with. The shared work is that of all pulls, so that each layer comes once. */
export interface LayerDependencies {
  readonly registry: Registry;
  readonly content: ContentStore;
  readonly snapshots: Snapshotter;
  readonly unpacker: Unpacker;
  readonly limiter: Limiter;
  readonly fetches: SharedWork<StagedBlob>;
  readonly stages: SharedWork<BroughtLayer & AsyncDisposable>;
  readonly images: ImageIndex;
  /** Whether layers may be fetched from where their descriptors say, too. */
  readonly foreignUrls: boolean;
}

export interface WantedLayer {
  readonly blob: Descriptor;
  /** The diff ids from the bottom up to this layer. */
  readonly chain: Chain;
  readonly repository: Repository;
}

/** A layer that is unpacked and waits for its name, and the blob that it came in. */
export interface BroughtLayer extends StagedLayer {
  readonly blob: StagedBlob;
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
  const compression = compressionOf(layer);
  const report = reporter(layer, options);
  const chainId = topOf(layer.chain);
  const replace = options.damaged.has(layerResource(chainId));
  if (!replace && isKnown(layer, options.images) && (await dependencies.snapshots.find(layer.chain, options))) {
    report("present", layer.blob.size);
    return undefined;
  }
  report("waiting", 0);
  const stage = async (signal: AbortSignal) => {
    const work = () => stageLayer(dependencies, { ...layer, compression }, { ...options, signal });
    return dependencies.limiter.run(work, { signal });
  };
  const staged = await dependencies.stages.join(shareKey(layer, chainId), stage, options);
  report("unpacked", layer.blob.size);
  return { ...staged, replace };
}

/** Fetches and unpacks; there has to be room for it first. */
async function stageLayer(
  dependencies: LayerDependencies,
  layer: WantedLayer & { readonly compression: Compression },
  options: BringOptions,
): Promise<BroughtLayer & AsyncDisposable> {
  const { snapshots, unpacker } = dependencies;
  const { signal } = options;
  await using started = new AsyncDisposableStack();
  const snapshot = started.use(await snapshots.prepare({ signal, room: layer.blob.size }));
  const blob = await fetchBlob(dependencies, layer, { ...options, shares: started });
  const report = reporter(layer, options);
  report("unpacking", 0);
  const source = { bytes: blob.read({ signal }), compression: layer.compression, diffId: topDiffId(layer.chain) };
  const unpacked = await unpacker.unpack(source, snapshot.directory, {
    signal,
    onProgress: (bytes) => report("unpacking", bytes),
  });
  step("layer-unpacked");
  const held = started.move();
  return { chain: layer.chain, snapshot, blob, layer: unpacked, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Brings the blob of a layer into the content store, once for all who want it. */
function fetchBlob(dependencies: LayerDependencies, layer: WantedLayer, options: BringOptions): Promise<StagedBlob> {
  const fetch = (signal: AbortSignal) => fetchFromHosts(dependencies, layer, { ...options, signal });
  return dependencies.fetches.join(shareKey(layer, layer.blob.digest), fetch, options);
}

/** Where mirrors had a part in bytes that turn out wrong, once more without them. */
async function fetchFromHosts(
  { registry, content, ...settings }: LayerDependencies,
  layer: WantedLayer,
  options: BringOptions,
): Promise<StagedBlob> {
  const { credential, plainHttp, signal } = options;
  const report = reporter(layer, options);
  report("fetching", 0);
  const mirrors = new Set<string>();
  const foreignUrls = settings.foreignUrls ? layer.blob.urls : [];
  const ingest = (avoid?: ReadonlySet<string>) =>
    content.ingest(
      layer.blob,
      (start) => {
        const asked = { credential, plainHttp, signal, range: { start }, lend: true, foreignUrls, mirrors, avoid };
        return counted(registry.blob(layer.repository, layer.blob, asked), (bytes) =>
          report("fetching", start + bytes),
        );
      },
      { signal },
    );
  try {
    return await ingest();
  } catch (error) {
    if (!(error instanceof ContentMismatchError) || mirrors.size === 0) throw error;
    return await ingest(new Set(mirrors));
  }
}

/** The chain id of the top layer of a chain. */
function topOf(chain: Chain): Digest {
  const id = chainIds(chain).at(-1);
  if (id === undefined) throw new Error("a chain without layers has no id");
  return id;
}

function topDiffId(chain: Chain): Digest {
  const diffId = chain.at(-1);
  if (diffId === undefined) throw new Error("a layer without a diff id");
  return diffId;
}

/** Work is shared among callers of one registry: another one's troubles are its own. */
function shareKey({ repository }: WantedLayer, what: string | undefined): string {
  return `${repository.domain} ${what}`;
}

function compressionOf({ blob }: WantedLayer): Compression {
  const compression = layerCompressionOf(blob.mediaType);
  if (compression !== undefined) return compression;
  const why = `its media type ${quoteText(blob.mediaType)} is no layer of files`;
  throw new StowageError("invalid-argument", `Cannot unpack layer ${blob.digest}: ${why}`);
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  report: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    yield chunk;
    bytes += chunk.byteLength;
    report(bytes);
  }
}

function reporter({ blob }: WantedLayer, { onProgress }: PullOptions): (phase: LayerPhase, bytes: number) => void {
  return (phase, bytes) => onProgress?.({ kind: "layer", digest: blob.digest, phase, bytes, size: blob.size });
}
