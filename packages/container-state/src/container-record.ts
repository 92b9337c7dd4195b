import type { Digest, IdMap } from "@stowage/oci";

/** What is kept of a container. Everything else is its image's, its files, or asked of the kernel. */
export interface ContainerRecord {
  readonly id: string;
  /** What it is also called; each belongs to one container. */
  readonly names: readonly string[];
  readonly imageId: Digest;
  /** The runtime handler that its image was pulled for; left out for the default one. */
  readonly handler?: string | undefined;
  /** The snapshotter that has its files; left out for the default one. */
  readonly snapshotter?: string | undefined;
  /** JSON, as `formatContainerMetadata` writes it, or as somebody changed it. */
  readonly metadata: string;
  /** Of the user namespace that it runs in. */
  readonly idMap?: IdMap | undefined;
  /** Whether what it writes is flushed by nobody, and so does not survive the machine. */
  readonly volatile: boolean;
  /** The boot of the machine in which it was created, as the kernel names it. */
  readonly boot: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}
