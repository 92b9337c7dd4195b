import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { BlockPool } from "./block-pool.ts";
import { BlockQueue } from "./block-queue.ts";
import { maxDiscardedBytes, type Rate } from "./limits.ts";

/** The head of an answer. */
export interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** A body comes slower than it may. */
export class TooSlowError extends Error {
  readonly code = "STOWAGE_TOO_SLOW";
}

export interface ArrivalOptions {
  readonly rate: Rate;
  /** Whether the chunks that come are nobody else's: their memory is given back once they are copied. */
  readonly recycling: boolean;
  /** What its body is to arrive in. */
  readonly pool?: BlockPool | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * One answer as it arrives, from undici's dispatcher: its head, then its body in large blocks. Whoever does not take them
 * holds the sender up; a sender who comes slower than `rate` while somebody waits is cut off.
 */
export class Arrival implements Dispatcher.DispatchHandler {
  readonly #head = Promise.withResolvers<Head>();
  readonly #queue: BlockQueue;
  readonly #rate: Rate;
  readonly #ended = new AbortController();
  #controller: Dispatcher.DispatchController | undefined;
  #aborted: Error | undefined;
  #watch: NodeJS.Timeout | undefined;
  #discarding = false;
  #total = 0;
  #seen = 0;
  #waited = 0;

  constructor({ rate, recycling, pool, signal }: ArrivalOptions) {
    this.#rate = rate;
    this.#queue = new BlockQueue({ recycling, pool, onRoom: () => this.#controller?.resume() });
    this.#head.promise.catch(() => undefined); // it may fail before anybody waits for it
    const abort = (): void => this.abort(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { signal: this.#ended.signal });
  }

  get head(): Promise<Head> {
    return this.#head.promise;
  }

  /** The blocks of the body, which may be read once; leaving early cuts the sender off. */
  async *body(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const block = await this.#queue.take();
        if (block === undefined) return;
        yield block;
      }
    } finally {
      this.abort(new Error("nobody wants the rest of it"));
    }
  }

  /** Takes what is left of a short body so that its connection can be used again, in the background. */
  discard(): void {
    this.#discarding = true;
    this.#controller?.resume();
  }

  abort(reason: Error): void {
    this.#aborted ??= reason;
    this.#controller?.abort(this.#aborted);
    this.#end(this.#aborted);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted !== undefined) controller.abort(this.#aborted);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#queue.expect(Number(headers["content-length"]));
    this.#head.resolve({ status, headers });
    this.#watch = setInterval(() => this.#look(), this.#rate.windowMilliseconds);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#total += chunk.byteLength;
    if (this.#discarding) {
      if (this.#total > maxDiscardedBytes) this.abort(new Error("nobody wants it"));
    } else if (!this.#queue.put(chunk)) {
      controller.pause();
    }
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#end(error);
  }

  #end(error?: Error): void {
    clearInterval(this.#watch);
    this.#ended.abort();
    if (error !== undefined) this.#head.reject(error);
    this.#queue.end(error);
  }

  /** Looks what came since the last time, for as long as somebody waited: the sender is not to blame for a slow reader. */
  #look(): void {
    const came = this.#total - this.#seen;
    const waited = this.#queue.waitedMilliseconds(performance.now());
    const least = (this.#rate.bytesPerSecond * (waited - this.#waited)) / 1000;
    this.#seen = this.#total;
    this.#waited = waited;
    if (came < least) this.abort(new TooSlowError("it comes too slowly"));
  }
}
