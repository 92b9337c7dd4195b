import type { AbortOptions } from "@stowage/errors";
import { isStowageError } from "@stowage/errors";
import type { Usage, WritableSnapshots } from "@stowage/snapshots";

/** For how long what was measured is told. */
const freshMilliseconds = 30_000;

/** What writable snapshots take together: measured, since containers write without saying so, and not for every question anew. */
export class WritableUsage {
  readonly #writable: WritableSnapshots;
  #measured: Promise<Usage> | undefined;
  #measuredAt = 0;

  constructor(writable: WritableSnapshots) {
    this.#writable = writable;
  }

  async get({ signal }: AbortOptions = {}): Promise<Usage> {
    signal?.throwIfAborted();
    if (this.#measured === undefined || performance.now() - this.#measuredAt > freshMilliseconds) {
      this.#measuredAt = performance.now();
      this.#measured = this.#measure();
      this.#measured.catch(() => {
        this.#measured = undefined;
      });
    }
    return await this.#measured;
  }

  async #measure(): Promise<Usage> {
    const sum = { bytes: 0, inodes: 0 };
    for await (const { key } of this.#writable.list()) {
      const usage = await this.#writable.usage(key).catch(orNothing);
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
