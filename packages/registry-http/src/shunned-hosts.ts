import { shunMilliseconds } from "./limits.ts";

/** Hosts that could not be reached lately. They are asked last, for a while, so that nobody waits for them in vain again. */
export class ShunnedHosts {
  readonly #now: () => number;
  readonly #until = new Map<string, number>();

  /** `now` tells milliseconds on a clock that never jumps. */
  constructor(now: () => number) {
    this.#now = now;
  }

  shun(host: string): void {
    for (const [known, until] of this.#until) if (until <= this.#now()) this.#until.delete(known);
    this.#until.set(host, this.#now() + shunMilliseconds);
  }

  forgive(host: string): void {
    this.#until.delete(host);
  }

  has(host: string): boolean {
    return (this.#until.get(host) ?? 0) > this.#now();
  }
}
