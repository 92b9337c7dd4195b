import { StowageError } from "@stowage/errors";
import type { Image, ImageLayer, ImageRecord } from "@stowage/images";
import { ContentMismatchError, chainIds, type Platform } from "@stowage/oci";
import { formatReference, formatRepository, type Reference } from "@stowage/reference";
import { bringLayers, type LayerDependencies, type WantedLayer } from "./bring-layers.ts";
import { type ChosenImage, chooseManifest } from "./choose-manifest.ts";
import type { Leases } from "./leases.ts";
import type { PullOptions } from "./pull-event.ts";

export interface PullDependencies extends LayerDependencies {
  readonly leases: Leases;
  /** This machine's. */
  readonly platform: Platform;
}

/**
 * Brings an image here: resolve, authorise, verify, fetch, unpack, publish. It always asks the registry, with the
 * caller's own credential, also when every byte is here. Where it fails or is stopped, no image appears.
 */
export async function pullImage(
  dependencies: PullDependencies,
  reference: Reference,
  options: PullOptions = {},
): Promise<Image> {
  const platform = options.platform ?? dependencies.platform;
  const chosen = await chooseManifest(dependencies.registry, { reference, platform }, options);
  const { manifest, source } = chosen;
  options.onProgress?.({ kind: "resolved", manifest: source.descriptor, layers: manifest.layers });
  const layers = wantedLayers(chosen, reference);
  using _lease = await dependencies.leases.take(leaseKeys(chosen, layers));
  await bringLayers(dependencies, layers, options);
  await storeDocuments(dependencies, chosen, options);
  const record = await readyRecord(dependencies, chosen, layers);
  return await dependencies.images.publish(record, namesOf(reference, chosen), options);
}

/** The names an image gets: a tag and what it named just now, or exactly the digest that was asked for. */
function namesOf(reference: Reference, { root }: ChosenImage): readonly string[] {
  const { domain, path, tag, digest } = reference;
  if (digest !== undefined) return [formatReference({ domain, path, digest })];
  const resolved = formatReference({ domain, path, digest: root.descriptor.digest });
  return tag === undefined ? [resolved] : [formatReference({ domain, path, tag }), resolved];
}

function wantedLayers({ manifest, config }: ChosenImage, repository: Reference): readonly WantedLayer[] {
  return manifest.layers.map((blob, at) => ({
    blob,
    chain: config.diffIds.slice(0, at + 1),
    repository,
  }));
}

function leaseKeys({ root, source, manifest, config }: ChosenImage, layers: readonly WantedLayer[]): readonly string[] {
  const documents = [root.descriptor, source.descriptor, manifest.config];
  return [
    ...[...documents, ...layers.map(({ blob }) => blob)].map(({ digest }) => digest),
    ...chainIds(config.diffIds),
  ];
}

/** Keeps the bytes of index, manifest and config, so that everything about the image can be answered without a network. */
async function storeDocuments({ content }: PullDependencies, chosen: ChosenImage, options: PullOptions): Promise<void> {
  const { root, source, manifest, configBytes } = chosen;
  await content.write(manifest.config, once(configBytes), options);
  await content.write(source.descriptor, once(source.bytes), options);
  if (root !== source) await content.write(root.descriptor, once(root.bytes), options);
}

/** What will be published. That everything it counts on is here is read from the disk, not remembered. */
async function readyRecord(
  dependencies: PullDependencies,
  chosen: ChosenImage,
  wanted: readonly WantedLayer[],
): Promise<ImageRecord> {
  const { root, source, manifest, config } = chosen;
  const layers: ImageLayer[] = [];
  for (const layer of wanted) layers.push(await readyLayer(dependencies, layer));
  return {
    id: manifest.config.digest,
    manifest: source.descriptor,
    ...(root === source ? {} : { index: root.descriptor }),
    config: manifest.config,
    layers,
    platform: config.platform,
    user: config.user,
    annotations: manifest.annotations,
    ...(config.created === undefined ? {} : { created: config.created }),
  };
}

async function readyLayer(
  { snapshots, content }: PullDependencies,
  { blob, chain, repository }: WantedLayer,
): Promise<ImageLayer> {
  const snapshot = await snapshots.find(chain);
  const diffId = chain.at(-1);
  if (snapshot === undefined || diffId === undefined) {
    throw new StowageError(
      "data-loss",
      `Cannot pull ${formatRepository(repository)}: layer ${blob.digest} was committed and is not here`,
    );
  }
  const found = await content.find(blob.digest);
  if (found !== undefined && found.size !== blob.size) throw new ContentMismatchError(blob, `${found.size} bytes`);
  return { blob, kept: found !== undefined, diffId, bytes: snapshot.bytes, inodes: snapshot.inodes };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
