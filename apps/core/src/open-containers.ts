import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Settings } from "@stowage/config";
import { kernelMounter, openContainerDirectories } from "@stowage/container-fs";
import { type Containers, createContainers } from "@stowage/containers";
import { StowageError } from "@stowage/errors";
import type { ImageService } from "@stowage/image-service";
import type { SqliteImageIndex } from "@stowage/images-sqlite";
import { bootId } from "@stowage/linux";
import type { Snapshotter } from "@stowage/snapshots";
import { openNodeKeychain } from "./open-registry.ts";

export interface ContainersParts {
  /** Of the store, without links on the way. */
  readonly root: string;
  readonly images: ImageService;
  readonly index: SqliteImageIndex;
  readonly snapshots: Snapshotter;
  readonly otherSnapshots?: ReadonlyMap<string, Snapshotter> | undefined;
}

export interface ContainersOpenSettings extends Pick<Settings, "runRoot" | "durability"> {
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** Opens the containers of a store, and takes away what a crash left of some. They end with `opening`. */
export async function openContainers(
  { root, images, index, snapshots, otherSnapshots = new Map() }: ContainersParts,
  { runRoot, durability, onFailure }: ContainersOpenSettings,
  opening: AsyncDisposableStack,
): Promise<Containers> {
  const places = openContainerDirectories({ work: join(root, "containers"), run: runOf(root, runRoot), durability });
  const otherWritable = new Map([...otherSnapshots].map(([name, { writable }]) => [name, writable]));
  const containers = opening.use(
    createContainers(
      {
        images,
        leases: index,
        index: index.containers,
        places,
        mounter: kernelMounter,
        writable: snapshots.writable,
        otherWritable,
        openKeychain: openNodeKeychain,
      },
      { boot: bootId(), now: Date.now, onFailure },
    ),
  );
  await recover(containers, { isSuspect: index.isSuspect, onFailure });
  return containers;
}

/** Several stores may share a run root, and have containers of the same id: this is one's own. */
function runOf(root: string, runRoot: string): string {
  return join(runRoot, "containers", createHash("sha256").update(root).digest("hex").slice(0, 12));
}

async function recover(
  containers: Containers,
  { isSuspect, onFailure }: { readonly isSuspect: boolean } & Pick<ContainersOpenSettings, "onFailure">,
): Promise<void> {
  const { lost, unreadable } = await containers.recover({ isSuspect });
  const tell = (id: string, why: string): void =>
    onFailure?.(new StowageError("data-loss", `Cannot start container "${id}": ${why}; delete it`));
  for (const id of lost) tell(id, "its files are gone");
  for (const id of unreadable) tell(id, "its record cannot be read");
}
