import type { ContentStore } from "@stowage/content";
import { StowageError } from "@stowage/errors";
import type { ImageLayer, ImageRecord } from "@stowage/images";
import type { Descriptor } from "@stowage/oci";
import { formatRepository } from "@stowage/reference";
import type { Snapshotter } from "@stowage/snapshots";
import { idOf } from "./choose-image.ts";
import type { WantedBlob } from "./fetch-blob.ts";
import type { PullPlan } from "./pull-plan.ts";
import type { WantedLayer } from "./stage-layer.ts";

export interface RecordDependencies {
  readonly content: Pick<ContentStore, "find">;
  readonly snapshots: Pick<Snapshotter, "find">;
  readonly snapshotter?: string | undefined;
  readonly handler?: string | undefined;
  /** Whether blobs of layers stay, since they can be had nowhere else. */
  readonly keepsBlobs?: boolean | undefined;
}

/** What will be published. That everything it counts on is here is read from the disk, not remembered. */
export async function readyRecord(dependencies: RecordDependencies, plan: PullPlan): Promise<ImageRecord> {
  const { root, source, manifest, config } = plan.chosen;
  const layers: ImageLayer[] = [];
  for (const layer of plan.layers) layers.push(await readyLayer(dependencies, layer));
  const about = {
    handler: dependencies.handler,
    manifest: source.descriptor,
    index: root === source ? undefined : root.descriptor,
    config: manifest.config,
    layers,
    keepsBlobs: dependencies.keepsBlobs === true ? true : undefined,
    platform: plan.platform,
    annotations: manifest.annotations,
  };
  const id = idOf(plan.chosen);
  if (config === undefined) return { ...about, id, files: await readyFiles(dependencies, plan), user: "" };
  const { user, created } = config;
  return { ...about, id, snapshotter: dependencies.snapshotter, user, created };
}

async function readyFiles(dependencies: RecordDependencies, { files }: PullPlan): Promise<readonly Descriptor[]> {
  const ready: Descriptor[] = [];
  for (const file of files) ready.push(await readyFile(dependencies, file));
  return ready;
}

async function readyLayer(
  { snapshots, content }: RecordDependencies,
  { blob, chain, repository }: WantedLayer,
): Promise<ImageLayer> {
  const snapshot = await snapshots.find(chain);
  const diffId = chain.at(-1);
  if (snapshot === undefined || diffId === undefined) throw lost({ blob, repository }, "layer");
  const kept = (await content.find(blob.digest))?.size === blob.size;
  return { blob, kept, diffId, bytes: snapshot.bytes, inodes: snapshot.inodes };
}

async function readyFile({ content }: RecordDependencies, { blob, repository }: WantedBlob): Promise<Descriptor> {
  const { mediaType, digest, size } = blob;
  if ((await content.find(digest))?.size !== size) throw lost({ blob, repository }, "file");
  return { mediaType, digest, size };
}

function lost({ blob, repository }: WantedBlob, what: "layer" | "file"): StowageError {
  const why = `${what} ${blob.digest} was committed and is not here`;
  return new StowageError("data-loss", `Cannot pull ${formatRepository(repository)}: ${why}`);
}
