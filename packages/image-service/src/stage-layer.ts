import type { BlobFile, StagedBlob } from "@stowage/content";
import type { Digest } from "@stowage/oci";
import type { ActiveSnapshot, Chain, Snapshotter, StagedLayer, UnpackedLayer, Unpacker } from "@stowage/snapshots";
import { step } from "@stowage/steps";
import { BlobArrival } from "./blob-arrival.ts";
import { type FetchDependencies, type FetchOptions, fetchBlob, type WantedBlob } from "./fetch-blob.ts";
import { layerReporter, type PullOptions } from "./pull-event.ts";
import { traced } from "./trace.ts";

export interface StageDependencies extends FetchDependencies {
  readonly snapshots: Snapshotter;
  readonly unpacker: Unpacker;
}

export interface WantedLayer extends WantedBlob {
  /** The diff ids from the bottom up to this layer. */
  readonly chain: Chain;
}

/** A layer that is unpacked and waits for its name, and the blob that it came in. */
export interface BroughtLayer extends StagedLayer {
  readonly blob: StagedBlob;
}

/**
 * Fetches a layer, for which there has to be room first, and unpacks it while it arrives. That its bytes are not what was named
 * counts before what came of unpacking them; where they began to arrive anew, it is unpacked anew.
 */
export async function stageLayer(
  dependencies: StageDependencies,
  layer: WantedLayer,
  options: Pick<FetchOptions, "keychain"> & PullOptions & { readonly signal: AbortSignal },
): Promise<BroughtLayer & AsyncDisposable> {
  const { signal } = options;
  await using shares = new AsyncDisposableStack();
  const snapshot = shares.use(await dependencies.snapshots.prepare({ signal, room: layer.blob.size }));
  const arrival = shares.use(new BlobArrival());
  const fetching = fetchBlob(dependencies, layer, { ...options, shares, onFile: (file) => arrival.begin(file) });
  const open = (): Promise<BlobFile> => arrival.open(fetching);
  const unpacking = unpackLayer(dependencies, layer, { ...options, snapshot, open, fetching });
  const [fetched, unpacked] = await Promise.allSettled([fetching, unpacking]);
  if (fetched.status === "rejected") throw fetched.reason;
  const blob = fetched.value;
  const held = { chain: layer.chain, blob, snapshot };
  if (unpacked.status === "fulfilled") return staged({ ...held, layer: unpacked.value }, shares.move());
  if (arrival.beginnings < 2) throw unpacked.reason;
  const fresh = shares.use(await dependencies.snapshots.prepare({ signal }));
  const anew = { ...options, snapshot: fresh, open: () => blob.open(), fetching };
  const unpackedAnew = await unpackLayer(dependencies, layer, anew);
  return staged({ ...held, snapshot: fresh, layer: unpackedAnew }, shares.move());
}

function staged(layer: BroughtLayer, held: AsyncDisposable): BroughtLayer & AsyncDisposable {
  step("layer-unpacked");
  return { ...layer, [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() };
}

interface Unpacking extends PullOptions {
  readonly snapshot: ActiveSnapshot;
  readonly open: () => Promise<BlobFile>;
  readonly fetching: Promise<unknown>;
}

/** Unpacks it; that is told only once it is fetched, since until then the one goes with the other. */
async function unpackLayer(
  { unpacker }: Pick<StageDependencies, "unpacker">,
  { blob, chain, repository }: WantedLayer,
  { snapshot, open, fetching, ...options }: Unpacking,
): Promise<UnpackedLayer> {
  const report = layerReporter(blob, options);
  let bytes = 0;
  let isFetched = false;
  const tell = (): void => {
    if (isFetched) report("unpacking", bytes);
  };
  const onFetched = (): void => {
    isFetched = true;
    tell();
  };
  fetching.then(onFetched, () => undefined);
  const onProgress = (read: number): void => {
    bytes = read;
    tell();
  };
  const { signal } = options;
  const trace = { digest: blob.digest, registry: repository.domain, bytes: 0 };
  return await traced("stowage.layer.unpack", trace, async () => {
    const layer = { open, diffId: topDiffId(chain) };
    const { directory, tarSplit } = snapshot;
    const unpacked = await unpacker.unpack(layer, directory, { signal, onProgress, tarSplit });
    trace.bytes = unpacked.tarSize;
    return unpacked;
  });
}

function topDiffId(chain: Chain): Digest {
  const diffId = chain.at(-1);
  if (diffId === undefined) throw new Error("a layer without a diff id");
  return diffId;
}
