import { type AbortOptions, isStowageError, StowageError } from "@stowage/errors";
import { within } from "@stowage/shared-work";
import type { Usage, WritableSnapshots } from "@stowage/snapshots";

/** For how long what was measured is told without being measured anew. */
const freshMilliseconds = 30_000;

/**
 * What writable snapshots take together: measured, since containers write without saying so. One walk goes on at a time, and while
 * it does, the last measure is told; only the first has to be waited for. Disposing it stops the walk and waits for its end.
 */
export class WritableUsage implements AsyncDisposable {
  readonly #writable: Pick<WritableSnapshots, "list" | "usage">;
  readonly #now: () => number;
  readonly #ending = new AbortController();
  #walk: Promise<Usage> | undefined;
  #last: { readonly usage: Usage; readonly at: number } | undefined;

  /** `now` is in milliseconds, of any clock that only goes forward. */
  constructor(writable: Pick<WritableSnapshots, "list" | "usage">, now: () => number = () => performance.now()) {
    this.#writable = writable;
    this.#now = now;
  }

  /** Fails as the walk does that it waits for, and with `unavailable` after the end. */
  async get({ signal }: AbortOptions = {}): Promise<Usage> {
    signal?.throwIfAborted();
    this.#ending.signal.throwIfAborted();
    if (this.#last !== undefined && this.#now() - this.#last.at <= freshMilliseconds) return this.#last.usage;
    this.#walk ??= this.#measure();
    this.#walk.catch(() => undefined); // where nobody waits for it, who asks next hears of the next one
    return this.#last?.usage ?? (await within(this.#walk, signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(
      new StowageError("unavailable", "Cannot measure what containers write: the store is being closed"),
    );
    await this.#walk?.catch(() => undefined);
  }

  async #measure(): Promise<Usage> {
    try {
      const usage = await this.#sum(this.#ending.signal);
      this.#last = { usage, at: this.#now() };
      return usage;
    } catch (error) {
      this.#last = undefined;
      throw error;
    } finally {
      this.#walk = undefined;
    }
  }

  async #sum(signal: AbortSignal): Promise<Usage> {
    const sum = { bytes: 0, inodes: 0 };
    for await (const { key } of this.#writable.list({ signal })) {
      signal.throwIfAborted();
      const usage = await this.#writable.usage(key, { signal }).catch(orNothing);
      sum.bytes += usage.bytes;
      sum.inodes += usage.inodes;
    }
    return sum;
  }
}

/** One that was removed meanwhile takes nothing. */
function orNothing(error: unknown): Usage {
  if (isStowageError(error, "not-found")) return { bytes: 0, inodes: 0 };
  throw error;
}
