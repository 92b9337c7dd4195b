/** Lets work that is about the same things go one after the other, in the order in which it came; all else goes at once. */
export class KeyedTurns {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs `work` when all that came before it and is about any of `keys` has ended, well or not. */
  async run<Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Result> {
    const before = keys.map((key) => this.#last.get(key) ?? Promise.resolve());
    const { promise: end, resolve } = Promise.withResolvers<void>();
    for (const key of keys) this.#last.set(key, end);
    try {
      await Promise.all(before);
      return await work();
    } finally {
      for (const key of keys) if (this.#last.get(key) === end) this.#last.delete(key);
      resolve();
    }
  }
}
