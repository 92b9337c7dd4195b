import type { ContentStore } from "@stowage/content";
import { StowageError } from "@stowage/errors";
import type { ImageIndex } from "@stowage/images";
import {
  type Compression,
  ContentMismatchError,
  chainIds,
  type Descriptor,
  layerCompressionOf,
  quoteText,
} from "@stowage/oci";
import type { Registry, Repository } from "@stowage/registry";
import type { SharedWork } from "@stowage/shared-work";
import type { Chain, Snapshotter, StagedLayer, Unpacker } from "@stowage/snapshots";
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
  readonly fetches: SharedWork<void>;
  readonly stages: SharedWork<StagedLayer & AsyncDisposable>;
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

/**
 * Brings the layers here that are not: fetched and unpacked several at once, committed together. The first failure
 * stops the others; what was unpacked is dropped then, and blobs that arrived whole stay for the next try.
 */
export async function bringLayers(
  dependencies: LayerDependencies,
  layers: readonly WantedLayer[],
  options: PullOptions,
): Promise<void> {
  await using shares = new AsyncDisposableStack();
  const known = await readKnownLayers(dependencies.images);
  const bring = (layer: WantedLayer, signal: AbortSignal) =>
    bringLayer(dependencies, layer, { ...options, signal, shares, known });
  const staged = await joined(layers, bring, options.signal);
  options.onProgress?.({ kind: "committing" });
  await dependencies.snapshots.commit(
    staged.filter((layer) => layer !== undefined),
    options,
  );
}

interface BringOptions extends PullOptions {
  readonly signal: AbortSignal;
  readonly shares: AsyncDisposableStack;
  readonly known: ReadonlySet<string>;
}

/**
 * What was seen to be so: that a blob unpacks to a diff id. A manifest that pairs a blob nobody has seen with the diff
 * id of a layer that is here has to bring that blob; its word alone makes nothing of it.
 */
async function readKnownLayers(images: ImageIndex): Promise<ReadonlySet<string>> {
  return new Set(
    (await images.list()).flatMap(({ layers }) => layers.map(({ blob, diffId }) => `${blob.digest} ${diffId}`)),
  );
}

/** The layer, unpacked and waiting for its name; `undefined` where it has one already. */
async function bringLayer(
  dependencies: LayerDependencies,
  layer: WantedLayer,
  options: BringOptions,
): Promise<StagedLayer | undefined> {
  const compression = compressionOf(layer);
  const report = reporter(layer, options);
  const isKnown = options.known.has(`${layer.blob.digest} ${layer.chain.at(-1)}`);
  if (isKnown && (await dependencies.snapshots.find(layer.chain, options)) !== undefined) {
    report("present", layer.blob.size);
    return undefined;
  }
  report("waiting", 0);
  const stage = async (signal: AbortSignal) => {
    const work = () => stageLayer(dependencies, { ...layer, compression }, { ...options, signal });
    return dependencies.limiter.run(work, { signal });
  };
  const staged = await dependencies.stages.join(shareKey(layer, chainIds(layer.chain).at(-1)), stage, options);
  report("unpacked", layer.blob.size);
  return staged;
}

async function stageLayer(
  dependencies: LayerDependencies,
  layer: WantedLayer & { readonly compression: Compression },
  options: BringOptions,
): Promise<StagedLayer & AsyncDisposable> {
  const { content, snapshots, unpacker } = dependencies;
  const { signal } = options;
  const diffId = layer.chain.at(-1);
  if (diffId === undefined) throw new Error("a layer without a diff id");
  await fetchBlob(dependencies, layer, options);
  const report = reporter(layer, options);
  report("unpacking", 0);
  await using started = new AsyncDisposableStack();
  const snapshot = started.use(await snapshots.prepare({ signal }));
  const source = { bytes: content.read(layer.blob.digest, { signal }), compression: layer.compression, diffId };
  const unpacked = await unpacker.unpack(source, snapshot.directory, {
    signal,
    onProgress: (bytes) => report("unpacking", bytes),
  });
  started.move();
  return {
    chain: layer.chain,
    snapshot,
    layer: unpacked,
    [Symbol.asyncDispose]: () => snapshot[Symbol.asyncDispose](),
  };
}

/** Brings the blob of a layer into the content store, once for all who want it. */
async function fetchBlob(dependencies: LayerDependencies, layer: WantedLayer, options: BringOptions): Promise<void> {
  await using shares = new AsyncDisposableStack();
  const fetch = (signal: AbortSignal) => fetchFromHosts(dependencies, layer, { ...options, signal });
  await dependencies.fetches.join(shareKey(layer, layer.blob.digest), fetch, { signal: options.signal, shares });
}

/** Where mirrors had a part in bytes that turn out wrong, once more without them. */
async function fetchFromHosts(
  { registry, content, ...settings }: LayerDependencies,
  layer: WantedLayer,
  options: BringOptions,
): Promise<void> {
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
    await ingest();
  } catch (error) {
    if (!(error instanceof ContentMismatchError) || mirrors.size === 0) throw error;
    await ingest(new Set(mirrors));
  }
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
