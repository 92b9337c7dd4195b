import { setImmediate } from "node:timers/promises";

/** Lets the event loop run in between of many small synchronous steps, and ends them with the reason of the signal. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** To be waited for before each step. */
  async step(): Promise<void> {
    if (performance.now() - this.#since >= sliceMilliseconds) {
      await setImmediate();
      this.#since = performance.now();
    }
    this.#signal?.throwIfAborted();
  }
}

/** Short beside what a request takes, long beside a turn of the event loop. */
const sliceMilliseconds = 5;
