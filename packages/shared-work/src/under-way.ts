import { StowageError } from "@stowage/errors";
import { linked } from "./linked.ts";

/** What is under way, so that the end of a service can stop it and wait until it has stopped. */
export class UnderWay implements AsyncDisposable {
  readonly #ending = new AbortController();
  readonly #going = new Set<Promise<unknown>>();

  /** Whether the end has begun. */
  get hasEnded(): boolean {
    return this.#ending.signal.aborted;
  }

  /** Runs `work` with a signal that aborts with `signal`, and with the end. After the end, it fails with `unavailable`. */
  run<Result>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const going = this.#run(signal, work);
    this.#going.add(going);
    const forget = (): void => void this.#going.delete(going);
    going.then(forget, forget);
    return going;
  }

  async #run<Result>(outer: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    using either = linked(outer, this.#ending.signal);
    either.signal.throwIfAborted();
    return await work(either.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new StowageError("unavailable", "Cannot go on: the store is being closed"));
    while (this.#going.size > 0) await Promise.allSettled(this.#going);
  }
}
