import { type ContainerRecord, parseContainerMetadata } from "@stowage/container-state";
import { type AbortOptions, StowageError } from "@stowage/errors";
import type { IdMap } from "@stowage/oci";
import type { Mount } from "@stowage/snapshots";
import { keyOf, writableOf } from "./container-parts.ts";
import type { ContainersDependencies } from "./containers.ts";

/** Mounts the root filesystem of a container, unless it is, as it is after a restart of the daemon; returns where. */
export async function startContainer(
  dependencies: ContainersDependencies,
  { id, snapshotter, metadata, idMap }: ContainerRecord,
  options: AbortOptions,
): Promise<string> {
  const { places, mounter } = dependencies;
  const { mountLabel } = parseContainerMetadata(metadata);
  const rootfs = places.rootfs(id);
  if (await mounter.isMounted(rootfs, options)) return rootfs;
  const mounts = await writableOf(dependencies, snapshotter).mounts(keyOf(id), options);
  await places.runDirectory(id, options); // with those above the mount, which others must not come through
  const gid = idMap === undefined ? undefined : rootGroupOf(idMap);
  if (gid !== undefined) await places.letThrough(id, gid, options);
  await mounter.mount(labelled(mounts, mountLabel, id), rootfs, options);
  return rootfs;
}

/** Who is the root group of a user namespace, for everybody else. */
function rootGroupOf({ gids }: IdMap): number | undefined {
  return gids.find(({ inside }) => inside === 0)?.outside;
}

/** A bind mount has the labels of its files, and takes no other. */
function labelled(mounts: readonly Mount[], label: string, id: string): readonly Mount[] {
  if (label === "") return mounts;
  const option = `context=${quoteLabel(label, `start container "${id}"`)}`;
  return mounts.map((mount) =>
    mount.options.some((each) => each === "bind" || each === "rbind")
      ? mount
      : { ...mount, options: [...mount.options, option] },
  );
}

/** As mount(8) wants it, since there are commas in labels. Fails with `invalid-argument` for what would be more than one option. */
export function quoteLabel(label: string, action: string): string {
  if (labelPattern.test(label)) return `"${label}"`;
  throw new StowageError("invalid-argument", `Cannot ${action}: invalid mount label ${JSON.stringify(label)}`);
}

/** `user:role:type:level`, as SELinux writes labels. */
const labelPattern = /^[A-Za-z0-9_.:,-]+$/;
