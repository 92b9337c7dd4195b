import type { AbortOptions } from "@stowage/errors";
import type { ContainerRecord } from "./container-record.ts";

/**
 * The containers that there are. A container appears and goes in one transaction; every change is durable on return, and is seen by
 * nobody before.
 */
export interface ContainerIndex {
  /** Every container, oldest first. */
  list(options?: AbortOptions): Promise<readonly ContainerRecord[]>;

  /** The container that has this id, or else this name. */
  find(idOrName: string, options?: AbortOptions): Promise<ContainerRecord | undefined>;

  /** Fails with `already-exists` where its id, or one of its names, is another one's name or id. */
  add(record: ContainerRecord, options?: AbortOptions): Promise<void>;

  /** Takes other metadata in the place of a container's. Fails with `not-found` where there is no such id. */
  setMetadata(id: string, metadata: string, options?: AbortOptions): Promise<void>;

  /** Forgets a container, also one whose record cannot be read. One that is not there is fine. */
  remove(id: string, options?: AbortOptions): Promise<void>;

  /** The ids of containers whose record cannot be read. They are not listed, and their ids stay taken until they are removed. */
  listUnreadable(options?: AbortOptions): Promise<readonly string[]>;
}
