import type { BlobInfo, ContentStore, IngestInfo } from "@stowage/content";
import { StowageError } from "@stowage/errors";
import type { Digest } from "@stowage/oci";
import type { Chain, SnapshotInfo, Snapshotter } from "@stowage/snapshots";

/** What a collection sees of blobs: which are there, since when, and that they can go. */
export class MemoryBlobs implements Pick<ContentStore, "list" | "remove" | "listIngests" | "removeIngest"> {
  readonly arriving: Map<Digest, number> = new Map();
  readonly kept: Map<Digest, number>;
  /** Happens while a blob is being removed, before it is gone. */
  duringRemoval = async (): Promise<void> => {};

  constructor(digests: readonly Digest[], storedAt: number) {
    this.kept = new Map(digests.map((digest) => [digest, storedAt]));
  }

  async *list(): AsyncGenerator<BlobInfo> {
    for (const [digest, storedAt] of this.kept) yield { digest, size: 1, storedAt };
  }

  async *listIngests(): AsyncGenerator<IngestInfo> {
    for (const [digest, updatedAt] of this.arriving) yield { digest, arrived: 1, bytes: 1, updatedAt };
  }

  async removeIngest(digest: Digest): Promise<void> {
    this.arriving.delete(digest);
  }

  async remove(digest: Digest): Promise<void> {
    await this.duringRemoval();
    this.kept.delete(digest);
  }
}

/** The same of layers: one on which another stands cannot go. */
export class MemoryLayers implements Pick<Snapshotter, "list" | "remove" | "isShown" | "sweep"> {
  readonly kept: Map<string, Chain>;
  readonly mounted: Set<string> = new Set();
  failure: Error | undefined;

  constructor(chains: readonly Chain[]) {
    this.kept = new Map(chains.map((chain) => [chain.join(), chain]));
  }

  async *list(): AsyncGenerator<SnapshotInfo> {
    for (const chain of this.kept.values()) yield { chain, bytes: 1, inodes: 1, tarSize: 1 };
  }

  async sweep(): Promise<void> {}

  async isShown(chain: Chain): Promise<boolean> {
    return this.mounted.has(chain.join());
  }

  async remove(chain: Chain): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const name = chain.join();
    const isParent = [...this.kept.keys()].some((other) => other.startsWith(`${name},`));
    if (isParent || this.mounted.has(name))
      throw new StowageError("failed-precondition", "Cannot remove: it is in use");
    this.kept.delete(name);
  }
}
