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

/**
 * Lets so many pieces of work go on at once. A free turn goes to the registry that has the fewest, or else whose last turn is
 * longest ago, in it to such a pull, and then to who came first; who comes anew stands as if they had had a turn just then. A
 * registry that has no turn gets its first beyond the width of all, too: those that stall do not keep the others waiting.
 */
export class Limiter {
  #widths: Widths;
  /** Those that have a turn or wait for one. */
  readonly #registries = new Map<string, OfRegistry>();
  #going = 0;
  /** Counts turns and who comes anew, so that the smaller is longer ago. */
  #now = 0;

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
    const place = this.#join(claim, turn.resolve);
    const end = (): void => this.#end(claim, place);
    if (this.#hasRoom(place.registry)) this.#begin(place.registry);
    try {
      await within(turn.promise, claim.signal);
    } catch (error) {
      end();
      throw error;
    }
    return { [Symbol.dispose]: end };
  }

  #join({ registry: name, pull: id }: Claim, begin: () => void): Place {
    this.#now += 1;
    const since = this.#now;
    const newRegistry = (): OfRegistry => ({ going: 0, waiting: 0, since, pulls: new Map() });
    const registry = this.#registries.getOrInsertComputed(name, newRegistry);
    const newPull = (): OfPull => ({ going: new Set(), waiting: new Set(), since });
    const pull = registry.pulls.getOrInsertComputed(id, newPull);
    const place = { registry, pull, begin };
    pull.waiting.add(place);
    registry.waiting += 1;
    return place;
  }

  /** Leaves the queue, or gives back a turn, be it one that came at the very moment of leaving; a second time nothing happens. */
  #end(claim: Claim, place: Place): void {
    const { registry, pull } = place;
    const hadTurn = pull.going.delete(place);
    if (!hadTurn && !pull.waiting.delete(place)) return;
    registry[hadTurn ? "going" : "waiting"] -= 1;
    if (hadTurn) this.#going -= 1;
    if (pull.going.size + pull.waiting.size === 0) registry.pulls.delete(claim.pull);
    if (registry.going + registry.waiting === 0) this.#registries.delete(claim.registry);
    if (hadTurn) this.#fill();
  }

  #fill(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#begin(next);
  }

  #next(): OfRegistry | undefined {
    const able = this.#registries.values().filter((registry) => registry.waiting > 0 && this.#hasRoom(registry));
    return mostDue(able, (registry) => registry.going);
  }

  #hasRoom({ going }: OfRegistry): boolean {
    const { all, registry } = this.#widths;
    return going < registry && this.#going < (going === 0 ? all * firstTurnsFactor : all);
  }

  /** Gives a turn to somebody who waits for this registry. */
  #begin(registry: OfRegistry): void {
    const waiting = registry.pulls.values().filter((pull) => pull.waiting.size > 0);
    const pull = mostDue(waiting, ({ going }) => going.size);
    const [place] = pull?.waiting ?? [];
    if (pull === undefined || place === undefined) throw new Error("nobody waits for this registry");
    pull.waiting.delete(place);
    pull.going.add(place);
    registry.waiting -= 1;
    registry.going += 1;
    this.#going += 1;
    this.#now += 1;
    registry.since = this.#now;
    pull.since = this.#now;
    place.begin();
  }
}

/**
 * How much wider it is for the first turn of each registry: two that stall with all their turns leave room for as many others
 * again, and however many stall, what goes on at once stays bounded.
 */
const firstTurnsFactor = 2;

interface OfRegistry {
  going: number;
  waiting: number;
  /** Of its last turn, or when it came. */
  since: number;
  readonly pulls: Map<string, OfPull>;
}

interface OfPull {
  readonly going: Set<Place>;
  /** In the order they came. */
  readonly waiting: Set<Place>;
  /** Of its last turn, or when it came. */
  since: number;
}

interface Place {
  readonly registry: OfRegistry;
  readonly pull: OfPull;
  readonly begin: () => void;
}

/** The one with the fewest, and of those the one whose last turn is longest ago. */
function mostDue<Owner extends { readonly since: number }>(
  owners: Iterable<Owner>,
  going: (owner: Owner) => number,
): Owner | undefined {
  let best: Owner | undefined;
  for (const owner of owners) {
    const difference = best === undefined ? -1 : going(owner) - going(best) || owner.since - best.since;
    if (difference < 0) best = owner;
  }
  return best;
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
