import type { AbortOptions } from "@stowage/errors";
import { within } from "@stowage/shared-work";

/** Lets `width` pieces of work go on at once; the others wait in the order they came. */
export class Limiter {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(width: number) {
    this.#free = width;
  }

  async run<Result>(work: () => Promise<Result>, { signal }: AbortOptions = {}): Promise<Result> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      this.#exit();
    }
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn.resolve);
    try {
      await within(turn.promise, signal);
    } catch (error) {
      this.#giveUp(turn.resolve);
      throw error;
    }
  }

  /** Leaves the queue, or passes on a turn that came at the very moment of leaving. */
  #giveUp(turn: () => void): void {
    const at = this.#waiting.indexOf(turn);
    if (at >= 0) this.#waiting.splice(at, 1);
    else this.#exit();
  }

  #exit(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
