import { createHash } from "node:crypto";

/** A number from 0 to below 1 that looks random, and is the same for the same seed. */
export function randomOf(seed: string): number {
  return createHash("sha256").update(seed).digest().readUInt32BE() / 2 ** 32;
}

/** The items in an order that is the same for the same seed. */
export function shuffled<Item>(items: readonly Item[], seed: string): readonly Item[] {
  const keyed = items.map((item, at) => ({ item, key: randomOf(`${seed} ${at}`) }));
  return keyed.toSorted((one, other) => one.key - other.key).map(({ item }) => item);
}
