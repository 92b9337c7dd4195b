/**
 * Events from a callback as an iterable. Of those that have the same key, a reader that is slow sees the latest and not all, so
 * that what waits is bounded by the number of keys; one without a key is never passed over.
 */
export class LatestEvents<Event> implements AsyncIterable<Event> {
  readonly #keyOf: (event: Event) => string | undefined;
  readonly #waiting = new Map<string | symbol, Event>();
  #wake = Promise.withResolvers<void>();
  #ended = false;

  constructor(keyOf: (event: Event) => string | undefined) {
    this.#keyOf = keyOf;
  }

  push(event: Event): void {
    this.#waiting.set(this.#keyOf(event) ?? Symbol(), event);
    this.#wake.resolve();
  }

  end(): void {
    this.#ended = true;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    for (;;) {
      const events = [...this.#waiting.values()];
      this.#waiting.clear();
      yield* events;
      if (this.#waiting.size > 0) continue;
      if (this.#ended) return;
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
  }
}
