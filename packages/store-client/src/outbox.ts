/** What is to be sent, in its order, for whoever sends it. */
export class Outbox<Item> implements AsyncIterable<Item> {
  readonly #waiting: Item[] = [];
  #wake = Promise.withResolvers<void>();
  #hasEnded = false;

  push(item: Item): void {
    this.#waiting.push(item);
    this.#wake.resolve();
  }

  /** What waits is sent before the end. */
  end(): void {
    this.#hasEnded = true;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (;;) {
      for (let item = this.#waiting.shift(); item !== undefined; item = this.#waiting.shift()) yield item;
      if (this.#hasEnded) return;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
  }
}
