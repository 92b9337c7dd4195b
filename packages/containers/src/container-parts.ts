import { isContainerId } from "@stowage/container-state";
import { StowageError } from "@stowage/errors";
import type { WritableSnapshots } from "@stowage/snapshots";
import { step } from "@stowage/steps";
import type { ContainersDependencies } from "./containers.ts";

type WritableDependencies = Pick<ContainersDependencies, "writable" | "otherWritable">;

/** The key of a container's writable snapshot; nobody else's begins so. */
export function keyOf(id: string): string {
  return `${keyPrefix}${id}`;
}

/** The container that has the key; `undefined` for keys that are no container's. */
export function idOfKey(key: string): string | undefined {
  return idBehind(keyPrefix, key);
}

const keyPrefix = "container-";

/** For whom a container's layers are held. */
export function holderOf(id: string): string {
  return `${holderPrefix}${id}`;
}

export function idOfHolder(holder: string): string | undefined {
  return idBehind(holderPrefix, holder);
}

const holderPrefix = "container ";

function idBehind(prefix: string, text: string): string | undefined {
  const id = text.slice(prefix.length);
  return text.startsWith(prefix) && isContainerId(id) ? id : undefined;
}

/** Those of a snapshotter. Fails with `failed-precondition` where it is not open. */
export function writableOf(dependencies: WritableDependencies, snapshotter: string | undefined): WritableSnapshots {
  const found = findWritable(dependencies, snapshotter);
  if (found !== undefined) return found;
  throw new StowageError("failed-precondition", `Cannot use snapshotter "${snapshotter}": it is not open`);
}

export function findWritable(
  { writable, otherWritable }: WritableDependencies,
  snapshotter: string | undefined,
): WritableSnapshots | undefined {
  return snapshotter === undefined ? writable : otherWritable?.get(snapshotter);
}

export function allWritable({ writable, otherWritable }: WritableDependencies): readonly WritableSnapshots[] {
  return [writable, ...(otherWritable?.values() ?? [])];
}

/**
 * Takes everything away that is there of a container which has no record, or none any more. The lease goes last: as long as it is
 * there, somebody knows that there is something to take away.
 */
export async function takeAway(dependencies: ContainersDependencies, id: string): Promise<void> {
  const { places, mounter, images } = dependencies;
  for (const directory of places.directoriesOf(id)) await mounter.unmount(directory);
  for (const writable of allWritable(dependencies)) await writable.remove(keyOf(id));
  await places.remove(id);
  step("container-removed");
  await images.release(holderOf(id));
}
