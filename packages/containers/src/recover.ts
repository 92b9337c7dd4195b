import type { ContainerRecord } from "@stowage/container-state";
import type { AbortOptions } from "@stowage/errors";
import { allWritable, findWritable, idOfHolder, idOfKey, keyOf, takeAway } from "./container-parts.ts";
import type { ContainersDependencies, ContainersSettings, RecoverOptions } from "./containers.ts";

/** What was found at the start, by ids of containers. */
export interface Recovery {
  /** What was left of these is taken away. */
  readonly removed: readonly string[];
  /** These are there, and their files are gone. */
  readonly lost: readonly string[];
  /** The records of these cannot be read; what they have is left alone. */
  readonly unreadable: readonly string[];
}

type Dependencies = ContainersDependencies & ContainersSettings;

/**
 * Whatever has the name of a container without a record goes: a creation that did not come to its end, or a deletion. A record
 * whose files are gone stays, and says so, unless they are those of a volatile container and the machine went down.
 */
export async function recover(dependencies: Dependencies, { isSuspect, signal }: RecoverOptions): Promise<Recovery> {
  const { index } = dependencies;
  const records = await index.list({ signal });
  const unreadable = await index.listUnreadable({ signal });
  const gone: ContainerRecord[] = [];
  for (const record of records) if (await isWithoutFiles(dependencies, record, { signal })) gone.push(record);
  const given = gone.filter(({ volatile }) => volatile && isSuspect).map(({ id }) => id);
  const known = new Set([...records.map(({ id }) => id), ...unreadable]);
  const strays = [...(await idsOnDisk(dependencies, { signal }))].filter((id) => !known.has(id));
  const removed: string[] = [];
  for (const id of [...given, ...strays]) {
    signal?.throwIfAborted();
    try {
      if (known.has(id)) await index.remove(id);
      await takeAway(dependencies, id);
      removed.push(id);
    } catch (error) {
      dependencies.onFailure?.(error); // one must not keep the others, or the store from being opened
    }
  }
  return { removed, lost: gone.map(({ id }) => id).filter((id) => !given.includes(id)), unreadable };
}

/** One whose snapshotter is not open may have them. */
async function isWithoutFiles(
  dependencies: Dependencies,
  { id, snapshotter }: ContainerRecord,
  options: AbortOptions,
): Promise<boolean> {
  const writable = findWritable(dependencies, snapshotter);
  return writable !== undefined && (await writable.find(keyOf(id), options)) === undefined;
}

async function idsOnDisk(dependencies: Dependencies, options: AbortOptions): Promise<ReadonlySet<string>> {
  const ids = new Set(await dependencies.places.list(options));
  const add = (id: string | undefined): void => void (id === undefined || ids.add(id));
  for (const { holder } of await dependencies.leases.listLeases(options)) add(idOfHolder(holder));
  for (const writable of allWritable(dependencies))
    for await (const { key } of writable.list(options)) add(idOfKey(key));
  return ids;
}
