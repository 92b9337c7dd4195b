/** How calls ended, and what should not have been. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #blames = new Map<string, number>();

  count(method: string, code: string): void {
    const key = `${method} ${code}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  blame(what: string): void {
    this.#blames.set(what, (this.#blames.get(what) ?? 0) + 1);
  }

  get calls(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** How often what came of which method. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Each once, with how often it was. */
  get blames(): readonly string[] {
    return [...this.#blames].map(([what, count]) => `${what} (${count} times)`);
  }
}
