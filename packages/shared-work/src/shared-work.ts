import { within } from "./within.ts";

/** A share in work that others may share too. While somebody holds it, its result stays; dispose to let go. */
interface Share<Result> extends AsyncDisposable {
  readonly result: Promise<Result>;
  /** Whether this caller began the work, with its own authority. */
  readonly first: boolean;
}

interface Flight<Result> {
  readonly controller: AbortController;
  readonly result: Promise<Result>;
  holders: number;
}

export interface JoinOptions {
  readonly signal: AbortSignal | undefined;
  /** Holds the share: until it is disposed of, the result is there. */
  readonly shares: AsyncDisposableStack;
}

/**
 * Work that several callers want and that is done once. It goes on while anybody holds a share: a caller who leaves
 * does not hurt the others, and the last to leave stops it and waits for its end. A result that can be disposed of
 * is, after the last share. Work that failed is forgotten, so that the next caller begins anew.
 */
export class SharedWork<Result> {
  readonly #flights = new Map<string, Flight<Result>>();
  readonly #isAboutCaller: (error: unknown) => boolean;

  /** `isAboutCaller` tells failures that somebody else, with another authority, need not have. */
  constructor(isAboutCaller: (error: unknown) => boolean = () => false) {
    this.#isAboutCaller = isAboutCaller;
  }

  /**
   * The result of the work called `key`, begun with `work` where it is not going on. Where somebody else began it and
   * failed for want of authority, it is tried anew with this caller's; any other failure is everybody's.
   */
  async join(
    key: string,
    work: (signal: AbortSignal) => Promise<Result>,
    { signal, shares }: JoinOptions,
  ): Promise<Result> {
    for (;;) {
      signal?.throwIfAborted();
      const share = shares.use(this.#share(key, work));
      try {
        return await within(share.result, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (share.first || !this.#isAboutCaller(error)) throw error;
      }
    }
  }

  #share(key: string, work: (signal: AbortSignal) => Promise<Result>): Share<Result> {
    const going = this.#flights.get(key);
    const flight = going ?? this.#begin(key, work);
    flight.holders += 1;
    return {
      result: flight.result,
      first: going === undefined,
      [Symbol.asyncDispose]: () => this.#leave(key, flight),
    };
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const controller = new AbortController();
    const result = work(controller.signal);
    const flight: Flight<Result> = { controller, result, holders: 0 };
    this.#flights.set(key, flight);
    result.catch(() => this.#forget(key, flight));
    return flight;
  }

  async #leave(key: string, flight: Flight<Result>): Promise<void> {
    flight.holders -= 1;
    if (flight.holders > 0) return;
    this.#forget(key, flight);
    flight.controller.abort(new Error("nobody waits for it any more"));
    const outcome = await flight.result.catch(() => undefined);
    if (isDisposable(outcome)) await outcome[Symbol.asyncDispose]();
  }

  #forget(key: string, flight: Flight<Result>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

function isDisposable(value: unknown): value is AsyncDisposable {
  return typeof value === "object" && value !== null && Symbol.asyncDispose in value;
}
