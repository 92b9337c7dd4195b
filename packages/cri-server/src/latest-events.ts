import type { PullEvent } from "@stowage/image-service";

/**
 * Events from a callback as an iterable. A reader that is slow sees the latest of each layer and not all of them, so
 * that what waits is bounded by the number of layers.
 */
export class LatestEvents implements AsyncIterable<PullEvent> {
  readonly #waiting = new Map<string, PullEvent>();
  #wake = Promise.withResolvers<void>();
  #ended = false;

  push(event: PullEvent): void {
    this.#waiting.set(event.kind === "layer" ? event.digest : event.kind, event);
    this.#wake.resolve();
  }

  end(): void {
    this.#ended = true;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PullEvent, void, undefined> {
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
