import { type ContainerRecord, formatContainerMetadata } from "@stowage/container-state";
import { type AbortOptions, isStowageError, StowageError } from "@stowage/errors";
import { diffIdsOf, type Image } from "@stowage/images";
import { encodedOf } from "@stowage/oci";
import { step } from "@stowage/steps";
import { pullAgain } from "./container-image.ts";
import { holderOf, keyOf, takeAway, writableOf } from "./container-parts.ts";
import type { ContainersDependencies, ContainersSettings, CreatedContainer, CreateRequest } from "./containers.ts";
import { quoteLabel } from "./start-container.ts";

/** A container that is to be. */
export interface ContainerPlan {
  readonly id: string;
  readonly image: Image;
  readonly imageName: string;
  readonly request: CreateRequest & { readonly uid?: string | undefined; readonly namespace?: string | undefined };
}

type Dependencies = ContainersDependencies & ContainersSettings;

/** Creates a container, its record last; where it fails, everything that was made goes. */
export async function createContainer(
  dependencies: Dependencies,
  plan: ContainerPlan,
  options: AbortOptions,
): Promise<CreatedContainer> {
  const record = recordOf(plan, dependencies);
  await requireFree(dependencies, record);
  try {
    return await make(dependencies, { ...plan, record }, options);
  } catch (error) {
    await undo(dependencies, plan.id);
    throw error;
  }
}

async function make(
  dependencies: Dependencies,
  { record, ...plan }: ContainerPlan & { readonly record: ContainerRecord },
  options: AbortOptions,
): Promise<CreatedContainer> {
  const { index, places, images } = dependencies;
  const { id, image, request } = plan;
  await images.hold(image, holderOf(id), options);
  step("container-held");
  await makeSnapshot(dependencies, plan, options);
  const workDirectory = await places.workDirectory(id, options);
  const runDirectory = await places.runDirectory(id, options);
  step("container-placed");
  const config = await images.readConfig(image, options);
  await index.add(record, options);
  step("container-recorded");
  const { processLabel = "", mountLabel = "" } = request;
  return { id, workDirectory, runDirectory, config, processLabel, mountLabel };
}

/** Over the image's layers; where one is missing, they are brought first. */
async function makeSnapshot(
  dependencies: ContainersDependencies,
  { id, image, request }: ContainerPlan,
  options: AbortOptions,
): Promise<void> {
  const { idMap, volatile = true } = request;
  const action = `create container "${id}"`;
  const chain = diffIdsOf(image);
  if (chain.length === 0)
    throw new StowageError("failed-precondition", `Cannot ${action}: image ${image.id} has no layers`);
  const writable = writableOf(dependencies, image.snapshotter);
  const create = (): Promise<void> => writable.create(keyOf(id), chain, { ...options, idMap, volatile });
  if (image.damage.length === 0) {
    try {
      return await create();
    } catch (error) {
      if (!isStowageError(error, "not-found")) throw error;
    }
  }
  await pullAgain(dependencies, image, { ...request, ...options, action });
  await create();
}

/** What cannot be taken away now is taken away when the store is opened anew. A record that failed may have been written. */
async function undo(dependencies: Dependencies, id: string): Promise<void> {
  const tell = (error: unknown): void => dependencies.onFailure?.(error);
  await dependencies.index.remove(id).catch(tell);
  await takeAway(dependencies, id).catch(tell);
}

/** Before anything is made of it: what has its id is not to be undone. */
async function requireFree({ index }: ContainersDependencies, { id, names }: ContainerRecord): Promise<void> {
  const unreadable = await index.listUnreadable();
  for (const name of [id, ...names]) {
    if ((await index.find(name)) === undefined && !unreadable.includes(name)) continue;
    const why = name === id ? "its id is in use already" : `its name "${name}" is in use already`;
    throw new StowageError("already-exists", `Cannot create container "${id}": ${why}`);
  }
}

function recordOf(plan: ContainerPlan, { boot, now }: ContainersSettings): ContainerRecord {
  const { id, image, request } = plan;
  const { idMap, volatile = true, containerName, podName, podId } = request;
  const createdAt = now();
  const { handler, snapshotter } = image;
  return {
    id,
    names: id === podId ? [containerName, podName] : [containerName],
    imageId: image.id,
    ...(handler === undefined ? {} : { handler }),
    ...(snapshotter === undefined ? {} : { snapshotter }),
    metadata: metadataOf(plan, createdAt),
    ...(idMap === undefined ? {} : { idMap }),
    volatile,
    boot,
    createdAt,
  };
}

function metadataOf({ id, image, imageName, request }: ContainerPlan, createdAt: number): string {
  const { podName, podId, containerName, metadataName, uid = "", namespace = "", mountLabel = "" } = request;
  if (mountLabel !== "") quoteLabel(mountLabel, `create container "${id}"`);
  return formatContainerMetadata({
    podName,
    podId,
    imageName,
    imageId: encodedOf(image.id),
    name: containerName,
    metadataName: metadataName || containerName,
    uid,
    namespace,
    mountLabel,
    createdAt: Math.floor(createdAt / 1000),
    attempt: request.attempt ?? 0,
    isPod: id === podId,
    isPrivileged: request.isPrivileged ?? false,
  });
}
