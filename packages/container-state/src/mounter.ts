import type { AbortOptions } from "@stowage/errors";
import type { IdMap } from "@stowage/oci";

/** Makes mounts and takes them away. What is mounted is asked of the kernel, which is the only one to know it after a restart. */
export interface Mounter {
  /** Makes mounts on `target`, one on the other; it is made where it is missing. Where one fails, none is left. */
  mount(mounts: readonly MountArguments[], target: string, options?: AbortOptions): Promise<void>;

  /**
   * Takes everything away that is mounted on a directory and below it. What is in use goes from the eyes of others at once, and
   * ends with its last user. Where nothing is mounted, that is fine.
   */
  unmount(directory: string, options?: AbortOptions): Promise<void>;

  /** Whether anything is mounted on `target`. */
  isMounted(target: string, options?: AbortOptions): Promise<boolean>;
}

/** The arguments of mount(2), without the target. */
export interface MountArguments {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
  /** By which the source of a bind mount, or the lower layers of an overlay, change whose files they look like. */
  readonly idMap?: IdMap | undefined;
}
