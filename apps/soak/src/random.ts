import { createHash } from "node:crypto";

/** Numbers that look random and follow from a seed. */
export class Random {
  readonly #seed: string;
  #drawn = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** From 0 to below 1. */
  number(): number {
    this.#drawn += 1;
    return createHash("sha256").update(`${this.#seed} ${this.#drawn}`).digest().readUInt32BE() / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.number() * (high - low + 1));
  }

  /** Fails where there is nothing to choose from. */
  choose<Item>(items: readonly Item[]): Item {
    const [chosen] = items.slice(Math.floor(this.number() * items.length));
    if (chosen === undefined) throw new Error("There is nothing to choose from");
    return chosen;
  }
}

/** So many bytes that follow from a seed and do not compress. */
export function bytesOf(seed: string, length: number): Uint8Array {
  return createHash("shake256", { outputLength: length }).update(seed).digest();
}
