import type { ContentStore } from "@stowage/content";
import type { AbortOptions } from "@stowage/errors";
import { blobResource, type Image, type ImageIndex, neededBy, type Resource, resourcesOf } from "@stowage/images";
import type { Digest } from "@stowage/oci";
import type { Collectable, CollectReason } from "./collection.ts";
import type { Holdings } from "./holdings.ts";
import { type Keepable, overBudget, type Retention } from "./retention.ts";

export interface KeepableDependencies {
  readonly content: Pick<ContentStore, "list" | "listIngests">;
  readonly images: Pick<ImageIndex, "list" | "listLeases">;
  readonly holdings: Pick<Holdings, "holdersOf">;
}

export interface KeepableOptions extends AbortOptions {
  readonly retention: Retention;
  /** In milliseconds since the epoch. */
  readonly now?: number | undefined;
}

/** A blob or an ingest that no image needs. */
export interface KeptBytes extends Keepable {
  readonly kind: "blob" | "arriving";
  readonly digest: Digest;
  /** Whether it is the blob of a layer that images have unpacked. */
  readonly isOfImage: boolean;
  readonly holders: readonly string[];
}

/** Bytes that no image needs: those to give back, and those that are kept, each with its reason. */
export async function judgeKeepable(
  dependencies: KeepableDependencies,
  options: KeepableOptions,
): Promise<{ readonly gone: readonly (KeptBytes & Collectable)[]; readonly kept: readonly Collectable[] }> {
  const { retention, now = Date.now() } = options;
  const all = await listKeepable(dependencies, options);
  const isLet = ({ holders, isOfImage }: KeptBytes): boolean =>
    isOfImage ? retention.layers === "all" : holders.length > 0;
  const judged = all.filter((item) => !isLet(item));
  const gone = new Set(overBudget(judged, retention, now));
  const judge = (item: KeptBytes) => {
    const why = gone.has(item) ? reasonToGo(item, retention, now) : reasonToStay(item);
    return { ...item, inodes: 1, why };
  };
  return {
    gone: all.filter((item) => gone.has(item)).map(judge),
    kept: all.filter((item) => !gone.has(item)).map(judge),
  };
}

function reasonToGo({ since, isOfImage }: KeptBytes, { layers, seconds }: Retention, now: number): CollectReason {
  if (isOfImage && layers === "none") return "not-retained";
  return now - since > seconds * 1000 ? "too-old" : "over-budget";
}

function reasonToStay({ holders, isOfImage }: KeptBytes): CollectReason {
  return holders.length > 0 && !isOfImage ? "held" : "retained";
}

/** What is there beside documents of images, files of artifacts, and blobs that cannot be had elsewhere; what leases hold is told as held. */
async function listKeepable(
  dependencies: KeepableDependencies,
  { signal, retention }: KeepableOptions,
): Promise<readonly KeptBytes[]> {
  const { content, holdings, images } = dependencies;
  const all = await images.list();
  const layerBlobs = await listLayerBlobs(dependencies, all);
  const needed = new Set([
    ...all.flatMap(neededBy),
    ...all.filter(({ keepsBlobs }) => keepsBlobs).flatMap(resourcesOf),
  ]);
  const keepable: KeptBytes[] = [];
  for await (const { digest, size: bytes, storedAt } of content.list({ signal })) {
    const isOfImage = layerBlobs.has(blobResource(digest));
    if (needed.has(blobResource(digest))) continue;
    const holders = isOfImage ? [] : holdings.holdersOf(blobResource(digest));
    const since = isOfImage && retention.layers === "none" ? 0 : storedAt;
    keepable.push({ kind: "blob", digest, isOfImage, bytes, since, holders });
  }
  for await (const { digest, bytes, updatedAt: since } of content.listIngests({ signal })) {
    const holders = holdings.holdersOf(blobResource(digest));
    keepable.push({ kind: "arriving", digest, isOfImage: false, bytes, since, holders });
  }
  return keepable;
}

/** The layer blobs that images keep and no lease holds. */
async function listLayerBlobs(
  { images }: Pick<KeepableDependencies, "images">,
  all: readonly Image[],
): Promise<ReadonlySet<Resource>> {
  const kept = all.flatMap(({ layers }) => layers.filter((layer) => layer.kept).map(({ blob }) => blob.digest));
  const leased = new Set((await images.listLeases()).flatMap(({ resources }) => resources));
  return new Set(kept.map(blobResource).filter((resource) => !leased.has(resource)));
}
