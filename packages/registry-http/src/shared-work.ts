/** Work that many wait for and that is done once. It is stopped when the last of them has left. */
export class SharedWork<Result> {
  readonly #running = new Map<string, Running<Result>>();

  /**
   * The result of the work that goes on under `key`, begun here if none does. Fails as it does, or with the reason of
   * `signal`, which is the caller's own and ends nobody else's waiting.
   */
  async join(
    key: string,
    begin: (signal: AbortSignal) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    signal?.throwIfAborted();
    const running = this.#running.get(key) ?? this.#begin(key, begin);
    running.waiting += 1;
    try {
      return await unlessAborted(running.result, signal);
    } finally {
      running.waiting -= 1;
      if (running.waiting === 0) this.#end(key, running);
    }
  }

  #begin(key: string, begin: (signal: AbortSignal) => Promise<Result>): Running<Result> {
    const stop = new AbortController();
    const running = { result: begin(stop.signal), stop, waiting: 0 };
    this.#running.set(key, running);
    return running;
  }

  /** What nobody waits for any more is for nobody who comes later, be it because it is done or because it is stopped. */
  #end(key: string, running: Running<Result>): void {
    if (this.#running.get(key) === running) this.#running.delete(key);
    running.stop.abort();
  }
}

interface Running<Result> {
  readonly result: Promise<Result>;
  readonly stop: AbortController;
  waiting: number;
}

async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  const left = Promise.withResolvers<never>();
  const leave = (): void => left.reject(signal?.reason);
  signal?.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    signal?.removeEventListener("abort", leave);
  }
}
