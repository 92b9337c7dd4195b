import type { Owner } from "@stowage/linux";
import type { IdMap, IdRange } from "@stowage/oci";

/** Whom an owner inside a user namespace is for everybody else. Who is nobody there is so here, too. */
export function ownerOutside({ uid, gid }: Owner, { uids, gids }: IdMap): Owner {
  return { uid: idOutside(uid, uids), gid: idOutside(gid, gids) };
}

function idOutside(id: number, ranges: readonly IdRange[]): number {
  const range = ranges.find(({ inside, length }) => id >= inside && id < inside + length);
  return range === undefined ? nobody : id - range.inside + range.outside;
}

/** What the kernel shows for an id that a namespace does not have (/proc/sys/kernel/overflowuid). */
const nobody = 65_534;
