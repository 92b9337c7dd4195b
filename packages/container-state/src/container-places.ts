import type { AbortOptions } from "@stowage/errors";

/**
 * Where the files of containers are that are no part of their root filesystems. Every method fails with `invalid-argument` for what
 * can be no id, and follows no link that it meets. Directories are for their owner alone.
 */
export interface ContainerPlaces {
  /** The directory of a container that outlives the boot, made where it is missing. */
  workDirectory(id: string, options?: AbortOptions): Promise<string>;

  /** The directory of a container that is empty after each boot, made where it is missing. */
  runDirectory(id: string, options?: AbortOptions): Promise<string>;

  /** Where its root filesystem is mounted; nothing is made. */
  rootfs(id: string): string;

  /** Lets a group come through to the root filesystem, and to nothing else of the container: the root of its user namespace has to. */
  letThrough(id: string, gid: number, options?: AbortOptions): Promise<void>;

  /** Everything of it is in one of these. */
  directoriesOf(id: string): readonly string[];

  /** Removes all of it; where there is nothing, that is fine. Fails with `failed-precondition` while something is mounted there. */
  remove(id: string, options?: AbortOptions): Promise<void>;

  /** The ids for which there is something, each once. */
  list(options?: AbortOptions): Promise<readonly string[]>;
}
