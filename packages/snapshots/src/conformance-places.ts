import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, digestOf } from "@stowage/oci";
import type { Chain } from "./chain.ts";
import type { Mount } from "./mount.ts";
import type { Snapshotter, StagedLayer } from "./snapshotter.ts";
import type { UnpackedLayer } from "./unpacker.ts";

/** What the tests of an adapter give to the suite. */
export interface SnapshotterPlaces {
  /** A fresh place for snapshots, as a function that opens it, each time anew. */
  readonly fresh: () => Promise<() => Promise<Snapshotter & AsyncDisposable>>;
  /** Makes mounts, lets somebody look at what they show, and takes them away. Where it is left out, nothing is mounted. */
  readonly mounted?: ((mounts: readonly Mount[], look: (target: string) => Promise<void>) => Promise<void>) | undefined;
}

export const base: Digest = digestOf("base");
export const upper: Digest = digestOf("upper");

/** A root, a directory in it, and a file in that. */
export const unpacked: UnpackedLayer = {
  bytes: 4096,
  inodes: 3,
  tarSize: 1024,
  impliedDirectories: [],
  lowerLinks: [],
  whiteouts: [],
};

/** A layer with the file `etc/<name>`, which says its name. */
export async function stage(store: Snapshotter, chain: Chain, name: string): Promise<StagedLayer> {
  const snapshot = await store.prepare();
  await mkdir(join(snapshot.directory, "etc"));
  await writeFile(join(snapshot.directory, "etc", name), name);
  return { chain, snapshot, layer: unpacked };
}

/** Two layers, with `etc/one` and with `etc/two`. */
export async function commitStack(store: Snapshotter): Promise<Chain> {
  await store.commit([await stage(store, [base], "one"), await stage(store, [base, upper], "two")]);
  return [base, upper];
}
