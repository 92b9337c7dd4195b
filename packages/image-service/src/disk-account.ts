import type { AbortOptions } from "@stowage/errors";
import { blobResource, type Image, keptBlobs, neededBy, type Resource, resourcesOf } from "@stowage/images";
import type { Digest } from "@stowage/oci";
import type { Usage } from "@stowage/snapshots";

/** Everything on the disk below the root of a store, for those who want to know what takes what. */
export interface Disk {
  /** Each file, directory or whole tree once, with what it is. */
  walk(options?: AbortOptions): AsyncIterable<DiskEntry>;
}

export interface DiskEntry extends Usage {
  /** Relative to the root of the store. */
  readonly path: string;
  readonly owner: DiskOwner;
}

/** What a part of the disk is for. Writable is what containers write into. Leftovers are what is there of a layer that has lost its record, or one below it. */
export type DiskOwner =
  | { readonly kind: "blob"; readonly digest: Digest }
  | { readonly kind: "layer"; readonly layer: Resource }
  | { readonly kind: "writable" | "leftovers" | "arriving" | "trash" | "database" | "layout" | "unknown" };

/** What takes how much of the disk. The lines and what is unaccounted add up to the total. */
export interface DiskAccount {
  readonly lines: readonly DiskLine[];
  readonly total: Usage;
  /** What nobody knows the purpose of, and where it is. */
  readonly unaccounted: Usage & { readonly paths: readonly string[] };
}

export interface DiskLine extends Usage {
  readonly kind: DiskKind;
}

/** In the order in which they are told. */
export const diskKinds = [
  "layers",
  "writable",
  "documents",
  "layer blobs",
  "arriving",
  "leftovers",
  "trash",
  "database",
  "layout",
] as const;

export type DiskKind = (typeof diskKinds)[number];

/** Adds up a disk. What no image has is a leftover: a mount or a lease may hold it, or it waits for a retry. */
export async function accountFor(
  disk: Disk,
  images: readonly Image[],
  options: AbortOptions = {},
): Promise<DiskAccount> {
  const kindOf = classify(images);
  const lines = new Map<DiskKind, { bytes: number; inodes: number }>(
    diskKinds.map((kind) => [kind, { bytes: 0, inodes: 0 }]),
  );
  const unaccounted = { bytes: 0, inodes: 0 };
  const total = { bytes: 0, inodes: 0 };
  const paths: string[] = [];
  const sumOf = (kind: DiskKind | undefined) => (kind === undefined ? undefined : lines.get(kind)) ?? unaccounted;
  for await (const { owner, path, ...usage } of disk.walk(options)) {
    const kind = kindOf(owner);
    add(total, usage);
    add(sumOf(kind), usage);
    if (kind === undefined) paths.push(path);
  }
  return {
    lines: [...lines].map(([kind, usage]) => ({ kind, ...usage })),
    total,
    unaccounted: { ...unaccounted, paths },
  };
}

function add(sum: { bytes: number; inodes: number }, { bytes, inodes }: Usage): void {
  sum.bytes += bytes;
  sum.inodes += inodes;
}

function classify(images: readonly Image[]): (owner: DiskOwner) => DiskKind | undefined {
  const had = new Set(images.flatMap(resourcesOf));
  const needed = new Set(images.flatMap(neededBy));
  const kept = new Set(images.flatMap(keptBlobs).map(({ digest }) => digest));
  return (owner) => {
    if (owner.kind === "unknown") return undefined;
    if (owner.kind === "layer") return had.has(owner.layer) ? "layers" : "leftovers";
    if (owner.kind !== "blob") return owner.kind;
    if (needed.has(blobResource(owner.digest))) return "documents";
    return kept.has(owner.digest) ? "layer blobs" : "leftovers";
  };
}
