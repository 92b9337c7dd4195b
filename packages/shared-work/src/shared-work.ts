import { Holder, Holders } from "./holders.ts";
import { within } from "./within.ts";

/** A share in work that others may share too. While somebody holds it, its result stays; dispose to let go. */
interface Share<Result> extends AsyncDisposable {
  readonly result: Promise<Result>;
  /** Whether this caller began the work, with its own authority. */
  readonly first: boolean;
}

interface Flight<Result, Progress> {
  readonly controller: AbortController;
  readonly result: Promise<Result>;
  readonly holders: Holders<Progress>;
}

export interface JoinOptions<Progress = never> {
  readonly signal: AbortSignal | undefined;
  /** Holds the share: until it is disposed of, the result is there. */
  readonly shares: AsyncDisposableStack;
  /**
   * Told what the work reports while the share is held, whoever began it; at once the last that it reported before. What it
   * throws fails this call alone.
   */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Stops by the signal, and reports to all who hold a share. */
type Work<Result, Progress> = (signal: AbortSignal, report: (progress: Progress) => void) => Promise<Result>;

/**
 * Work that several callers want and that is done once. It goes on while anybody holds a share: a caller who leaves
 * does not hurt the others, and the last to leave stops it and waits for its end. A result that can be disposed of
 * is, after the last share. Work that failed is forgotten, so that the next caller begins anew.
 */
export class SharedWork<Result, Progress = never> {
  readonly #flights = new Map<string, Flight<Result, Progress>>();
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
    work: Work<Result, Progress>,
    { signal, shares, onProgress }: JoinOptions<Progress>,
  ): Promise<Result> {
    const holder = new Holder(onProgress);
    for (;;) {
      signal?.throwIfAborted();
      const share = shares.use(this.#share(key, work, holder));
      try {
        return await within(Promise.race([share.result, holder.failure]), signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (share.first || holder.hasFailed || !this.#isAboutCaller(error)) throw error;
      }
    }
  }

  #share(key: string, work: Work<Result, Progress>, holder: Holder<Progress>): Share<Result> {
    const going = this.#flights.get(key);
    const flight = going ?? this.#begin(key, work);
    flight.holders.add(holder);
    return {
      result: flight.result,
      first: going === undefined,
      [Symbol.asyncDispose]: () => this.#leave(key, flight, holder),
    };
  }

  #begin(key: string, work: Work<Result, Progress>): Flight<Result, Progress> {
    const controller = new AbortController();
    const holders = new Holders<Progress>();
    const result = work(controller.signal, (progress) => holders.tell(progress));
    const flight = { controller, result, holders };
    this.#flights.set(key, flight);
    result.catch(() => this.#forget(key, flight));
    return flight;
  }

  async #leave(key: string, flight: Flight<Result, Progress>, holder: Holder<Progress>): Promise<void> {
    flight.holders.delete(holder);
    if (flight.holders.size > 0) return;
    this.#forget(key, flight);
    flight.controller.abort(new Error("nobody waits for it any more"));
    const outcome = await flight.result.catch(() => undefined);
    if (isDisposable(outcome)) await outcome[Symbol.asyncDispose]();
  }

  #forget(key: string, flight: Flight<Result, Progress>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

function isDisposable(value: unknown): value is AsyncDisposable {
  return typeof value === "object" && value !== null && Symbol.asyncDispose in value;
}
