import { type AbortOptions, StowageError } from "@stowage/errors";

/** Tells everything to everybody who listens at that time. */
export class Broadcast<Event> {
  readonly #listeners = new Set<(event: Event) => void>();

  publish(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }

  /**
   * What is published from now on, until the signal ends it with its reason. Who falls more than `maxWaiting` behind is told so by
   * `resource-exhausted`, rather than nothing of a gap.
   */
  async *listen({ signal }: AbortOptions = {}): AsyncGenerator<Event, void, undefined> {
    signal?.throwIfAborted();
    const waiting: Event[] = [];
    let wake = Promise.withResolvers<void>();
    const listener = (event: Event): void => {
      if (waiting.length <= maxWaiting) waiting.push(event);
      wake.resolve();
    };
    const stop = (): void => wake.resolve();
    this.#listeners.add(listener);
    signal?.addEventListener("abort", stop);
    try {
      for (;;) {
        wake = Promise.withResolvers();
        signal?.throwIfAborted();
        if (waiting.length > maxWaiting) throw tooSlow();
        if (waiting.length === 0) await wake.promise;
        else yield* waiting.splice(0);
      }
    } finally {
      this.#listeners.delete(listener);
      signal?.removeEventListener("abort", stop);
    }
  }
}

/** Some megabytes at the most. */
const maxWaiting = 10_000;

function tooSlow(): StowageError {
  return new StowageError("resource-exhausted", `Cannot tell of more events: ${maxWaiting} wait to be read`);
}
