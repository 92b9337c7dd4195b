import type { AbortOptions } from "@stowage/errors";
import type { IdMap } from "@stowage/oci";
import type { Chain } from "./chain.ts";
import type { Mount } from "./mount.ts";
import type { UnpackedLayer } from "./unpacker.ts";
import type { Usage } from "./usage.ts";
import type { WritableSnapshots } from "./writable-snapshots.ts";

/**
 * Unpacked layers, each standing on the ones below it. The life of a snapshot: `prepare` opens an empty tree that
 * needs no parent; somebody unpacks a layer into it; `commit` settles what the layer takes from the layers below,
 * makes it durable and gives it its name. A committed snapshot never changes, and is either whole or absent, also
 * after a power cut. It can be viewed, stood upon by layers and by writable snapshots, and, when nothing stands on it, removed.
 */
export interface Snapshotter {
  /** Opens an empty tree to unpack one layer into. Fails with `resource-exhausted` where there is not the room for it. */
  prepare(options?: PrepareOptions): Promise<ActiveSnapshot>;

  /**
   * Names the trees, all together: one sync, then the renames from the bottom up. Each layer's parent is committed
   * already or stands earlier in `layers`, else `failed-precondition`. A name that is taken is left as it is, unless the
   * layer is to replace what has it; what stands on that then stands on the layer. Where the sync fails, all trees are lost.
   */
  commit(layers: readonly StagedLayer[], options?: AbortOptions): Promise<void>;

  /** A committed snapshot, or `undefined`. */
  find(chain: Chain, options?: AbortOptions): Promise<SnapshotInfo | undefined>;

  /**
   * What is wrong with the top layer of a chain, as it completes "layer … "; `undefined` where it is whole. With `digests` every
   * byte is read, and compared with what was found the first time; with `sizes` what can be seen without that.
   */
  inspect(chain: Chain, options: InspectOptions): Promise<string | undefined>;

  /**
   * The mounts that show the whole stack, read-only, without what its layers hide. Fails with `not-found` where a layer is missing,
   * and with `failed-precondition` where they are too many for a mount.
   */
  view(chain: Chain, options?: ViewOptions): Promise<readonly Mount[]>;

  /** Takes a snapshot away; an absent one is fine. Fails with `failed-precondition` while anything stands on it or shows it. */
  remove(chain: Chain, options?: AbortOptions): Promise<void>;

  /** Whether a mount or a writable snapshot shows it now: then neither it nor what it stands on can be removed. */
  isShown(chain: Chain, options?: AbortOptions): Promise<boolean>;

  /** Takes away what `list` cannot name, because something below it is lost, unless it is part of one of `kept` or in use. */
  sweep(kept: readonly Chain[], options?: AbortOptions): Promise<void>;

  /** Every committed snapshot, in no order. */
  list(options?: AbortOptions): AsyncIterable<SnapshotInfo>;

  /** The trees that containers write into. */
  readonly writable: WritableSnapshots;
}

export interface PrepareOptions extends AbortOptions {
  /** Bytes that the layer will take at the least. */
  readonly room?: number | undefined;
}

export interface InspectOptions extends AbortOptions {
  readonly level: "sizes" | "digests";
  /** Waited for after every so many bytes: whoever has time lets others go first. */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined;
}

/** A tree that is being written. Disposing it drops what was written, unless it was committed first. */
export interface ActiveSnapshot extends AsyncDisposable {
  /** The absolute path of the tree. */
  readonly directory: string;
  /** Where whoever unpacks may leave what puts the plain tar together again; some keep no such thing. */
  readonly tarSplit?: string | undefined;
}

export interface StagedLayer {
  readonly chain: Chain;
  readonly snapshot: ActiveSnapshot;
  readonly layer: UnpackedLayer;
  /** Whether it takes the place of a damaged one. */
  readonly replace?: boolean | undefined;
}

export interface SnapshotInfo extends Usage {
  readonly chain: Chain;
  /** Bytes of the plain tar of the top layer. */
  readonly tarSize: number;
}

export interface ViewOptions extends AbortOptions {
  /** As whose files those of the layers are shown; by default as those of the users that the layers name. */
  readonly idMap?: IdMap | undefined;
}
