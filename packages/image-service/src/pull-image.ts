import { randomUUID } from "node:crypto";
import type { Origin } from "@stowage/admission";
import { bytesFrom } from "@stowage/content";
import { type ErrorCode, StowageError } from "@stowage/errors";
import {
  blobResource,
  type Image,
  type ImageRecord,
  imageKeyOf,
  layerResource,
  neededBy,
  type Resource,
} from "@stowage/images";
import { chainIdOf, type Digest, type Platform } from "@stowage/oci";
import { formatReference, type Reference } from "@stowage/reference";
import type { Keychain, RegistryOptions } from "@stowage/registry";
import { SharedWork } from "@stowage/shared-work";
import { bringFiles, type FileDependencies } from "./bring-files.ts";
import { type BringLayersOptions, bringLayers, type LayerDependencies } from "./bring-layers.ts";
import { type ChooseDependencies, type ChosenImage, chooseImage, idOf } from "./choose-image.ts";
import type { WantedBlob } from "./fetch-blob.ts";
import { type Holdings, pullPrefix } from "./holdings.ts";
import { joined } from "./joined.ts";
import type { PullOptions } from "./pull-event.ts";
import { type PullPlan, planOf } from "./pull-plan.ts";
import { isReady } from "./ready.ts";
import { readyRecord } from "./ready-record.ts";
import type { Roots } from "./roots.ts";
import { type ReferenceTrace, traced } from "./trace.ts";

export interface PullDependencies extends LayerDependencies, FileDependencies, ChooseDependencies {
  readonly holdings: Holdings;
  readonly roots: Roots;
  /** For which an image is chosen. */
  readonly platform: Platform;
  /** The runtime handler that it is for; the default one has no name. */
  readonly handler?: string | undefined;
  /** More than this no blob may have. */
  readonly maxBlobBytes: number;
  /** Whether blobs of layers are kept once they are unpacked. */
  readonly keepsLayers: boolean;
  /** Whether they stay then, whatever becomes of the settings. */
  readonly keepsBlobs?: boolean | undefined;
  /** For how long a finished pull holds what it brought, so that a container can be made of it first. */
  readonly leaseSeconds: number;
}

/** The work that pulls share, so that each thing comes once. */
export type PullShares = Pick<PullDependencies, "configs" | "fetches" | "files" | "stages">;

export function newShares(): PullShares {
  return {
    configs: new SharedWork(isAboutCaller),
    fetches: new SharedWork(isAboutCaller),
    files: new SharedWork(isAboutCaller),
    stages: new SharedWork(isAboutCaller),
  };
}

/** Failures that another caller, with its own authority, need not have. */
function isAboutCaller(error: unknown): boolean {
  const codes: readonly ErrorCode[] = ["unauthenticated", "permission-denied", "not-found"];
  return error instanceof StowageError && codes.includes(error.code);
}

export interface BringOptions extends PullOptions {
  /** Where it comes from, which is a registry where it is left out. */
  readonly origin?: Origin | undefined;
  /** What it is to be called; by default as its registry calls it. */
  readonly names?: readonly string[] | undefined;
  /** Asked for credentials in place of the machine's. */
  readonly keychain?: Keychain | undefined;
  /** Told whom is asked what the reference names, and of their answers. */
  readonly onEvent?: RegistryOptions["onEvent"];
  /** Asked once it is known which image it is, and again before that is published: failing ends it. */
  readonly onKnown?: ((id: Digest) => Promise<void>) | undefined;
}

/**
 * Brings an image here: resolve, authorise, admit, verify, fetch, unpack, publish. It always asks the registry, with the
 * caller's own credential, and whether the image may come, also when every byte is here. Where it fails or is stopped, no image appears.
 */
export async function pullImage(
  dependencies: PullDependencies,
  reference: Reference,
  options: BringOptions = {},
): Promise<Image> {
  const wanted = { reference, platform: options.platform ?? dependencies.platform };
  await using shares = new AsyncDisposableStack();
  const choose = () => chooseImage(dependencies, wanted, { ...options, shares });
  const chosen = await traced("stowage.image.resolve", aboutOf(reference), choose);
  const plan = planOf(chosen, { ...wanted, names: options.names });
  requireSizes(plan, dependencies);
  await options.onKnown?.(idOf(chosen));
  options.onProgress?.({ kind: "resolved", manifest: chosen.source.descriptor, layers: chosen.manifest.layers });
  const own = { ...dependencies, keepsBlobs: await mustKeepBlobs(dependencies, chosen) };
  const pull = `${pullPrefix}${randomUUID()}`;
  await dependencies.holdings.take(pull, resourcesWanted(dependencies, plan));
  try {
    const damaged = new Set((await dependencies.images.listDamage()).map(({ resource }) => resource));
    await commitParts(own, plan, { ...options, pull, damaged });
    const record = await readyRecord(own, plan);
    await requireSameKind(dependencies, record, reference);
    const require = () => options.onKnown?.(record.id) ?? Promise.resolve();
    const { leaseSeconds } = dependencies;
    const mended = neededBy(record).filter((resource) => damaged.has(resource));
    const image = await dependencies.roots.publish(record, plan.names, { ...options, leaseSeconds, mended, require });
    if (!dependencies.keepsLayers) await dropIngests(dependencies, plan.layers);
    return image;
  } catch (error) {
    // What was wrong stays wrong, and on a full disk what waits for the retry is what keeps it full.
    if (isHopeless(error)) await dropIngests(dependencies, [...plan.layers, ...plan.files]).catch(() => undefined);
    throw error;
  } finally {
    dependencies.holdings.end(pull);
  }
}

/** Whether blobs of layers stay: of an image that is here as a registry gave it, that one has them. */
async function mustKeepBlobs({ keepsBlobs, handler, images }: PullDependencies, chosen: ChosenImage): Promise<boolean> {
  if (keepsBlobs !== true) return false;
  const known = await images.find(imageKeyOf({ id: idOf(chosen), handler }));
  return known === undefined || known.keepsBlobs === true || !isReady(known);
}

/** What claims to be larger than anything is refused before room is made for it. */
function requireSizes({ layers, files, reference }: PullPlan, { maxBlobBytes }: PullDependencies): void {
  const huge = [...layers, ...files].find(({ blob }) => blob.size > maxBlobBytes);
  if (huge === undefined) return;
  const why = `blob ${huge.blob.digest} has ${huge.blob.size} bytes, and ${maxBlobBytes} are allowed`;
  throw new StowageError("invalid-argument", `Cannot pull ${formatReference(reference)}: ${why}`);
}

/** One document can be both an artifact's manifest and an image's config. It is what it was first: its names mean that. */
async function requireSameKind({ images }: PullDependencies, record: ImageRecord, reference: Reference): Promise<void> {
  const known = await images.find(imageKeyOf(record));
  if (known === undefined || (known.files === undefined) === (record.files === undefined)) return;
  const [is, was] = record.files === undefined ? ["an image", "an artifact"] : ["an artifact", "an image"];
  const why = `it is ${is} of the id ${record.id}, and that is ${was} here`;
  throw new StowageError("failed-precondition", `Cannot pull ${formatReference(reference)}: ${why}`);
}

/** Whether the next try would fail over the very bytes that this one brought. */
function isHopeless(error: unknown): boolean {
  const codes: readonly ErrorCode[] = ["resource-exhausted", "failed-precondition", "invalid-argument"];
  return error instanceof StowageError && codes.includes(error.code);
}

/** Brings documents, and layers or files, and makes all of them durable together, under their names. */
async function commitParts(
  dependencies: PullDependencies,
  { reference, documents, layers, files }: PullPlan,
  given: Omit<BringLayersOptions, "shares">,
): Promise<void> {
  await using shares = new AsyncDisposableStack();
  const options = { ...given, shares };
  const { content, snapshots, keepsLayers } = dependencies;
  const broughtLayers = await bringLayers(dependencies, layers, options);
  const brought = new Set(broughtLayers.map(({ blob }) => blob.digest));
  const onlyBlobs = dependencies.keepsBlobs === true ? layers.filter(({ blob }) => !brought.has(blob.digest)) : [];
  const broughtFiles = await bringFiles(dependencies, [...files, ...onlyBlobs], options);
  options.onProgress?.({ kind: "committing" });
  const broughtDocuments = await joined(
    documents,
    async ({ descriptor, bytes }) => shares.use(await content.ingest(descriptor, bytesFrom(bytes), options)),
    options.signal,
  );
  const layerBlobs = keepsLayers ? broughtLayers.map(({ blob }) => blob) : [];
  const blobs = [...broughtDocuments, ...broughtFiles, ...layerBlobs];
  const commits = [() => snapshots.commit(broughtLayers, options), () => content.commit(blobs, options)];
  const commitAll = () => joined(commits, (commit) => commit(), undefined);
  await traced("stowage.image.commit", aboutOf(reference), commitAll);
}

function aboutOf(reference: Reference): ReferenceTrace {
  return { reference: formatReference(reference), registry: reference.domain };
}

/** What is left of layers that are unpacked, or that there was no room for. */
async function dropIngests({ content }: PullDependencies, blobs: readonly WantedBlob[]): Promise<void> {
  for (const { blob } of blobs) await content.removeIngest(blob.digest);
}

function resourcesWanted(
  { snapshotter }: PullDependencies,
  { documents, layers, files }: PullPlan,
): readonly Resource[] {
  const blobs = [...documents.map(({ descriptor }) => descriptor), ...[...layers, ...files].map(({ blob }) => blob)];
  const unpacked = layers.map(({ chain }) => layerResource(chainIdOf(chain), snapshotter));
  return [...unpacked, ...blobs.map(({ digest }) => blobResource(digest))];
}
