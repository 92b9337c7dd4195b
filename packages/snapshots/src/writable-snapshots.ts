import type { AbortOptions } from "@stowage/errors";
import type { IdMap } from "@stowage/oci";
import type { Chain } from "./chain.ts";
import type { Mount } from "./mount.ts";
import type { Usage } from "./usage.ts";

/**
 * Trees that somebody may write into, each over layers that stay as they are: what containers run on. The life of one:
 * `create` makes it, empty and durable, under a key that outlives the process; `mounts` says how to show it, as often as
 * somebody asks and after a restart too; `remove` takes it away with all that was written. As long as it is there, none of its
 * layers can be removed.
 */
export interface WritableSnapshots {
  /**
   * Makes one. Fails with `already-exists` where the key is taken, `not-found` where a layer is missing, and
   * `invalid-argument` for a key that is not 1 to 128 of `A-Z a-z 0-9 . _ -`, the first of them no dot.
   */
  create(key: string, chain: Chain, options?: CreateWritableOptions): Promise<void>;

  find(key: string, options?: AbortOptions): Promise<WritableInfo | undefined>;

  /**
   * The mounts that show it, writable. Fails with `not-found` where it or a layer is missing, and with `failed-precondition`
   * for a volatile one that was there when the machine went down: what is in it may be half written.
   */
  mounts(key: string, options?: AbortOptions): Promise<readonly Mount[]>;

  /** The disk that it takes by now, measured, its layers left out. Fails with `not-found` where it is missing. */
  usage(key: string, options?: AbortOptions): Promise<Usage>;

  /** Takes it away for good; an absent one is fine. Fails with `failed-precondition` while it is mounted. */
  remove(key: string, options?: AbortOptions): Promise<void>;

  /** Every one, in no order. */
  list(options?: AbortOptions): AsyncIterable<WritableInfo>;
}

export interface CreateWritableOptions extends AbortOptions {
  /** Nothing in it is flushed when it is unmounted or synced, so it does not survive the machine. */
  readonly volatile?: boolean | undefined;
  /** Of the user namespace it is shown in: its root directory and the files of its layers look as if they were its users'. */
  readonly idMap?: IdMap | undefined;
}

export interface WritableInfo {
  readonly key: string;
  readonly chain: Chain;
  readonly volatile: boolean;
  readonly idMap?: IdMap | undefined;
}
