import type { Removal } from "./image-service.ts";

/** The removals of one image for several runtime handlers, as one; `undefined` of none. */
export function joinedRemoval(removals: readonly Removal[]): Removal | undefined {
  const [first] = removals;
  if (first === undefined) return undefined;
  const freed = { bytes: 0, inodes: 0 };
  for (const { bytes, inodes } of removals.map((removal) => removal.freed)) {
    freed.bytes += bytes;
    freed.inodes += inodes;
  }
  const holders = removals.at(-1)?.holders ?? []; // the others hold for each other
  return { image: first.image, freed, holders };
}
