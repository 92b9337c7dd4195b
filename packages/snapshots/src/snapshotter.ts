import type { AbortOptions } from "@stowage/errors";
import type { Digest } from "@stowage/oci";
import type { UnpackedLayer } from "./unpacker.ts";
import type { Usage } from "./usage.ts";

/** What a snapshot is called: the diff ids of its layers, bottom first. Its parent is the chain without the last. */
export type Chain = readonly Digest[];

/**
 * Unpacked layers, each standing on the ones below it. The life of a snapshot: `prepare` opens an empty tree that
 * needs no parent; somebody unpacks a layer into it; `commit` settles what the layer takes from the layers below,
 * makes it durable and gives it its name. A committed snapshot never changes, and is either whole or absent, also
 * after a power cut. It can be viewed, stood upon, and, when nothing stands on it, removed.
 */
export interface Snapshotter {
  /** Opens an empty tree to unpack one layer into. */
  prepare(options?: AbortOptions): Promise<ActiveSnapshot>;

  /**
   * Names the trees, all together: one sync, then the renames from the bottom up. Each layer's parent is committed
   * already or stands earlier in `layers`, else `failed-precondition`. A name that is taken is left as it is.
   */
  commit(layers: readonly StagedLayer[], options?: AbortOptions): Promise<void>;

  /** A committed snapshot, or `undefined`. */
  find(chain: Chain, options?: AbortOptions): Promise<SnapshotInfo | undefined>;

  /** The mounts that show the whole stack, read-only. Fails with `not-found` where a layer is missing. */
  view(chain: Chain, options?: AbortOptions): Promise<readonly Mount[]>;

  /** Takes a snapshot away; an absent one is fine. Fails with `failed-precondition` while one stands on it or it is mounted. */
  remove(chain: Chain, options?: AbortOptions): Promise<void>;

  /** Every committed snapshot, in no order. */
  list(options?: AbortOptions): AsyncIterable<SnapshotInfo>;
}

/** A tree that is being written. Disposing it drops what was written, unless it was committed first. */
export interface ActiveSnapshot extends AsyncDisposable {
  /** The absolute path of the tree. */
  readonly directory: string;
}

export interface StagedLayer {
  readonly chain: Chain;
  readonly snapshot: ActiveSnapshot;
  readonly layer: UnpackedLayer;
}

export interface SnapshotInfo extends Usage {
  readonly chain: Chain;
}

/** The arguments of mount(2), without the target. */
export interface Mount {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}
