import { randomUUID } from "node:crypto";
import { bytesFrom } from "@stowage/content";
import { type ErrorCode, StowageError } from "@stowage/errors";
import {
  blobResource,
  type Image,
  type ImageLayer,
  type ImageRecord,
  layerResource,
  neededBy,
  type Resource,
} from "@stowage/images";
import { chainIds, type Descriptor, type Platform } from "@stowage/oci";
import { formatReference, formatRepository, type Reference } from "@stowage/reference";
import { bringLayers, type LayerDependencies } from "./bring-layers.ts";
import { type ChosenImage, chooseManifest } from "./choose-manifest.ts";
import type { Holdings } from "./holdings.ts";
import { joined } from "./joined.ts";
import type { PullOptions } from "./pull-event.ts";
import type { Roots } from "./roots.ts";
import type { WantedLayer } from "./stage-layer.ts";

export interface PullDependencies extends LayerDependencies {
  readonly holdings: Holdings;
  readonly roots: Roots;
  /** This machine's. */
  readonly platform: Platform;
  /** Whether blobs of layers are kept once they are unpacked. */
  readonly keepsLayers: boolean;
  /** For how long a finished pull holds what it brought, so that a container can be made of it first. */
  readonly leaseSeconds: number;
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
  const layers = wantedLayers(chosen, reference);
  options.onProgress?.({ kind: "resolved", manifest: chosen.source.descriptor, layers: chosen.manifest.layers });
  const holder = `pull ${randomUUID()}`;
  await dependencies.holdings.take(holder, resourcesWanted(chosen, layers));
  try {
    const damaged = new Set((await dependencies.images.listDamage()).map(({ resource }) => resource));
    await commitParts(dependencies, { chosen, layers, damaged }, options);
    const record = await readyRecord(dependencies, chosen, layers);
    const { leaseSeconds } = dependencies;
    const mended = neededBy(record).filter((resource) => damaged.has(resource));
    const publishing = { ...options, leaseSeconds, mended };
    const image = await dependencies.roots.publish(record, namesOf(reference, chosen), publishing);
    if (!dependencies.keepsLayers) await dropIngests(dependencies, layers);
    return image;
  } catch (error) {
    // What was wrong stays wrong, and on a full disk what waits for the retry is what keeps it full.
    if (isHopeless(error)) await dropIngests(dependencies, layers).catch(() => undefined);
    throw error;
  } finally {
    dependencies.holdings.end(holder);
  }
}

/** Whether the next try would fail over the very bytes that this one brought. */
function isHopeless(error: unknown): boolean {
  const codes: readonly ErrorCode[] = ["resource-exhausted", "failed-precondition", "invalid-argument"];
  return error instanceof StowageError && codes.includes(error.code);
}

interface ChosenParts {
  readonly chosen: ChosenImage;
  readonly layers: readonly WantedLayer[];
  /** What is to be brought anew although it is here. */
  readonly damaged: ReadonlySet<Resource>;
}

/** Brings layers and documents, and makes all of them durable together, under their names. */
async function commitParts(
  dependencies: PullDependencies,
  { chosen, layers, damaged }: ChosenParts,
  options: PullOptions,
): Promise<void> {
  await using shares = new AsyncDisposableStack();
  const { content, snapshots, keepsLayers } = dependencies;
  const brought = await bringLayers(dependencies, layers, { ...options, shares, damaged });
  options.onProgress?.({ kind: "committing" });
  const documents = await joined(
    documentsOf(chosen),
    async ({ descriptor, bytes }) => shares.use(await content.ingest(descriptor, bytesFrom(bytes), options)),
    options.signal,
  );
  const blobs = [...documents, ...(keepsLayers ? brought.map(({ blob }) => blob) : [])];
  const commits = [() => snapshots.commit(brought, options), () => content.commit(blobs, options)];
  await joined(commits, (commit) => commit(), undefined);
}

/** What is left of layers that are unpacked, or that there was no room for. */
async function dropIngests({ content }: PullDependencies, layers: readonly WantedLayer[]): Promise<void> {
  for (const { blob } of layers) await content.removeIngest(blob.digest);
}

interface Document {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Index, manifest and config: they are kept, so that everything about the image can be answered without a network. */
function documentsOf({ root, source, manifest, configBytes }: ChosenImage): readonly Document[] {
  const own = [{ descriptor: manifest.config, bytes: configBytes }, source];
  return root === source ? own : [...own, root];
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

function resourcesWanted(chosen: ChosenImage, layers: readonly WantedLayer[]): readonly Resource[] {
  const documents = documentsOf(chosen).map(({ descriptor }) => descriptor);
  const blobs = [...documents, ...layers.map(({ blob }) => blob)].map(({ digest }) => blobResource(digest));
  return [...chainIds(chosen.config.diffIds).map(layerResource), ...blobs];
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
  const kept = (await content.find(blob.digest))?.size === blob.size;
  return { blob, kept, diffId, bytes: snapshot.bytes, inodes: snapshot.inodes };
}
