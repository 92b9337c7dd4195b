import type { ContentStore } from "@stowage/content";
import type { AbortOptions } from "@stowage/errors";
import {
  blobResource,
  type Damage,
  diffIdsOf,
  type Image,
  type ImageIndex,
  type ImageKey,
  keptBlobs,
  layersOf,
  neededBy,
  type Resource,
} from "@stowage/images";
import type { Descriptor, Digest } from "@stowage/oci";
import type { Chain, Snapshotter } from "@stowage/snapshots";
import type { Snapshotters } from "./handlers.ts";
import type { Holdings } from "./holdings.ts";
import { paceOf } from "./pace.ts";
import type { Roots } from "./roots.ts";

export interface CheckDependencies {
  readonly content: Pick<ContentStore, "find" | "verify" | "remove">;
  readonly snapshotters: Snapshotters<Pick<Snapshotter, "inspect">>;
  readonly images: ImageIndex;
  readonly holdings: Pick<Holdings, "unlessHeld">;
  readonly roots: Pick<Roots, "forgetBlobs" | "reportDamage">;
}

export interface CheckOptions extends AbortOptions {
  /** Look at sizes, which takes no time, or read every byte. */
  readonly level: "sizes" | "digests";
  /** So that others have the disk too; without it, as fast as it goes. */
  readonly bytesPerSecond?: number | undefined;
}

export interface CheckReport {
  /** How many images, documents and layers were looked at. */
  readonly images: number;
  readonly resources: number;
  readonly findings: readonly Finding[];
  /** Images whose record cannot be read. */
  readonly unreadable: readonly ImageKey[];
}

export interface Finding extends Damage {
  /** The images that need it, by id. */
  readonly images: readonly Digest[];
}

/**
 * Looks whether what the images need is here and is what it was. What is not becomes their damage; what was and is well again
 * ends it. A layer's blob is only a copy of what is unpacked: one that is wrong is dropped.
 */
export async function check(dependencies: CheckDependencies, options: CheckOptions): Promise<CheckReport> {
  const { signal, level, bytesPerSecond } = options;
  const pace = bytesPerSecond === undefined ? undefined : paceOf(bytesPerSecond, { signal });
  const images = await dependencies.images.list({ signal });
  const parts = partsOf(images);
  const findings: Finding[] = [];
  for (const part of parts.values()) {
    signal?.throwIfAborted();
    const why = await inspectTwice(dependencies, part, { level, pace, signal });
    const finding = await settle(dependencies, { ...part, why }, options);
    if (finding !== undefined) findings.push(finding);
  }
  const unreadable = await dependencies.images.listUnreadable({ signal });
  return { images: images.length, resources: parts.size, findings, unreadable };
}

type Part = { readonly resource: Resource } & (
  | { readonly kind: "layer"; readonly chain: Chain; readonly snapshotter: string | undefined }
  | { readonly kind: "blob"; readonly blob: Descriptor }
);

/** Everything that images have here, each once. */
function partsOf(images: readonly Image[]): ReadonlyMap<Resource, Part> {
  const parts = new Map<Resource, Part>();
  for (const image of images) {
    const diffIds = diffIdsOf(image);
    const { snapshotter } = image;
    for (const [at, resource] of layersOf(image).entries()) {
      parts.set(resource, { kind: "layer", resource, chain: diffIds.slice(0, at + 1), snapshotter });
    }
    for (const blob of keptBlobs(image)) {
      const resource = blobResource(blob.digest);
      parts.set(resource, { kind: "blob", resource, blob });
    }
  }
  return parts;
}

interface InspectOptions extends AbortOptions {
  readonly level: "sizes" | "digests";
  readonly pace: ((bytes: number) => Promise<void>) | undefined;
}

/** What is removed and pulled again meanwhile looks lost for a moment: only what is wrong twice is wrong. */
async function inspectTwice(
  dependencies: CheckDependencies,
  part: Part,
  options: InspectOptions,
): Promise<string | undefined> {
  const why = await inspect(dependencies, part, options);
  return why === undefined ? undefined : await inspect(dependencies, part, options);
}

async function inspect(
  { content, snapshotters }: CheckDependencies,
  part: Part,
  options: InspectOptions,
): Promise<string | undefined> {
  if (part.kind === "layer") {
    const snapshots = snapshotters.find(part.snapshotter);
    return snapshots === undefined ? "is nowhere" : await snapshots.inspect(part.chain, options);
  }
  const { digest, size } = part.blob;
  const found = await content.find(digest, options);
  if (found === undefined) return "is missing";
  if (found.size !== size) return `has ${found.size} bytes of ${size}`;
  if (options.level === "digests" && !(await content.verify(digest, options)))
    return "is other bytes than its name says";
  return undefined;
}

/** Notes what was seen of what images need by now; a copy of what is unpacked is dropped, and what nobody has any more let be. */
async function settle(
  dependencies: CheckDependencies,
  part: Part & { readonly why: string | undefined },
  { signal, level }: CheckOptions,
): Promise<Finding | undefined> {
  const { images, roots } = dependencies;
  const { resource, why } = part;
  if (why === undefined) {
    if (level === "digests") await images.endDamage([resource], { signal });
    return undefined;
  }
  const needing = (await images.list({ signal })).filter((image) => neededBy(image).includes(resource));
  if (needing.length > 0) {
    await roots.reportDamage([{ resource, why }], { signal });
    return { resource, why, images: needing.map(({ id }) => id) };
  }
  if (part.kind === "blob") await dropCopy(dependencies, part.blob.digest, { signal });
  return undefined;
}

async function dropCopy(
  { content, holdings, roots }: CheckDependencies,
  digest: Digest,
  { signal }: AbortOptions,
): Promise<void> {
  await roots.forgetBlobs([digest], { signal });
  await holdings.unlessHeld(blobResource(digest), () => content.remove(digest));
}
