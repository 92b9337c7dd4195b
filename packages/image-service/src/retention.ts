import type { Usage } from "@stowage/snapshots";

/** How long bytes are kept that no image needs: blobs of layers that are unpacked, and what failed pulls left for their retry. */
export interface Retention {
  /** Of unpacked layers, blobs are kept not at all, within the budget, or always. What failed pulls left is within the budget. */
  readonly layers: "none" | "budget" | "all";
  /** Bytes that the budget has. */
  readonly bytes: number;
  /** Seconds after which it keeps nothing. */
  readonly seconds: number;
}

/** Something that may be kept, and is not needed. */
export interface Keepable extends Pick<Usage, "bytes"> {
  /** When it came, in milliseconds since the epoch. */
  readonly since: number;
}

/** What is to go: all that is too old, and of the rest what does not fit beside what came later. */
export function overBudget<Item extends Keepable>(
  items: readonly Item[],
  { bytes, seconds }: Pick<Retention, "bytes" | "seconds">,
  now: number,
): readonly Item[] {
  const gone: Item[] = [];
  let left = bytes;
  for (const item of items.toSorted((one, other) => other.since - one.since)) {
    const isKept = item.bytes <= left && now - item.since <= seconds * 1000;
    if (isKept) left -= item.bytes;
    else gone.push(item);
  }
  return gone;
}
