import type { AbortOptions } from "@stowage/errors";
import { within } from "@stowage/shared-work";
import type { WantedBlob } from "./fetch-blob.ts";
import { traced } from "./trace.ts";

/** How many pieces of work go on at once: of all registries together, and of each. */
export interface Widths {
  readonly all: number;
  readonly registry: number;
}

/** For whom a piece of work is. */
export interface Claim extends AbortOptions {
  /** `host[:port]`. */
  readonly registry: string;
  /** Tells one pull from the others. */
  readonly pull: string;
}

interface Waiting {
  readonly claim: Claim;
  readonly begin: () => void;
}

/**
 * Lets so many pieces of work go on at once. A free turn goes to the registry that has the fewest or waits the longest, there to
 * such a pull, and then to who came first: neither a slow registry nor an image of many layers keeps the others waiting.
 */
export class Limiter {
  #widths: Widths;
  readonly #waiting: Waiting[] = [];
  readonly #going: Claim[] = [];
  /** Of registries and of pulls. */
  readonly #lastTurns = new Map<string, number>();
  #turns = 0;

  constructor(widths: Widths) {
    this.#widths = widths;
  }

  /** From now on; what goes on already is left alone. */
  widen(widths: Widths): void {
    this.#widths = widths;
    this.#fill();
  }

  /** Waits for a turn; disposing it gives it back. */
  async take(claim: Claim): Promise<Disposable> {
    claim.signal?.throwIfAborted();
    const turn = Promise.withResolvers<void>();
    const waiting = { claim, begin: turn.resolve };
    this.#waiting.push(waiting);
    this.#fill();
    try {
      await within(turn.promise, claim.signal);
    } catch (error) {
      this.#giveUp(waiting);
      throw error;
    }
    return { [Symbol.dispose]: () => this.#giveBack(claim) };
  }

  /** Leaves the queue, or gives back a turn that came at the very moment of leaving. */
  #giveUp(waiting: Waiting): void {
    const at = this.#waiting.indexOf(waiting);
    if (at >= 0) this.#waiting.splice(at, 1);
    else this.#giveBack(waiting.claim);
  }

  #giveBack(claim: Claim): void {
    this.#going.splice(this.#going.indexOf(claim), 1);
    this.#fill();
  }

  #fill(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#going.push(next.claim);
      next.begin();
    }
  }

  #next(): Waiting | undefined {
    if (this.#going.length >= this.#widths.all) return undefined;
    const next = this.#waiting
      .map((waiting) => ({ waiting, rank: this.#rankOf(waiting.claim) }))
      .filter(({ rank }) => rank[0] < this.#widths.registry)
      .toSorted((one, other) => compare(one.rank, other.rank))
      .at(0)?.waiting;
    if (next !== undefined) this.#noteTurn(next.claim);
    return next;
  }

  /** The smallest goes first: how many of the registry go on, when it last had a turn, and the same of the pull. */
  #rankOf({ registry, pull }: Claim): readonly [number, number, number, number] {
    const ofRegistry = this.#going.filter((claim) => claim.registry === registry);
    const ofPull = ofRegistry.filter((claim) => claim.pull === pull);
    const lastTurn = (of: string): number => this.#lastTurns.get(of) ?? 0;
    return [ofRegistry.length, lastTurn(registry), ofPull.length, lastTurn(`${registry} ${pull}`)];
  }

  /** Turns are remembered while anybody waits. */
  #noteTurn({ registry, pull }: Claim): void {
    if (this.#waiting.length === 1) return this.#lastTurns.clear();
    this.#turns += 1;
    this.#lastTurns.set(registry, this.#turns);
    this.#lastTurns.set(`${registry} ${pull}`, this.#turns);
  }
}

function compare(one: readonly number[], other: readonly number[]): number {
  return one.map((value, at) => value - (other[at] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** Waits until a blob of a pull may be fetched. */
export function takeTurn(
  limiter: Limiter,
  { blob, repository }: WantedBlob,
  claim: Omit<Claim, "registry">,
): Promise<Disposable> {
  const registry = repository.domain;
  const trace = { digest: blob.digest, registry };
  return traced("stowage.layer.wait", trace, () => limiter.take({ ...claim, registry }));
}
