import { decodeError } from "./error-transfer.ts";
import type { LayerThread, ThreadListener } from "./layer-thread.ts";
import type { FromWorker } from "./thread-messages.ts";
import type { UnpackAnswer, UnpackJob } from "./unpack-layer.ts";

/** One layer on its way through a thread. */
export class ThreadWork implements ThreadListener {
  /** The one answer; fails with what went wrong on the thread. */
  readonly answer: Promise<UnpackAnswer>;
  readonly #thread: LayerThread;
  readonly #job: UnpackJob;
  /** Called with the bytes that the thread has read so far. */
  readonly #onProgress: ((bytes: number) => void) | undefined;
  readonly #answer: PromiseWithResolvers<UnpackAnswer> = Promise.withResolvers();
  readonly #settled: PromiseWithResolvers<void> = Promise.withResolvers();
  #isOpen = true;
  #isAtRest = false;

  constructor(thread: LayerThread, job: UnpackJob, onProgress?: (bytes: number) => void) {
    this.#thread = thread;
    this.#job = job;
    this.#onProgress = onProgress;
    this.answer = this.#answer.promise;
    this.answer.catch(() => undefined);
    thread.listen(this);
    thread.post({ kind: "start", job });
  }

  /** Whether the thread has yet to answer. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Tells the thread how much of the file is in. */
  note(arrived: number): void {
    if (this.#isOpen) this.#thread.post({ kind: "arrived", bytes: arrived });
  }

  /**
   * Lets go of the thread, stopping it first if it has not answered. Returns whether it came to its rest, with its files
   * closed and fit for other work; one that did not in time is still busy.
   */
  async leave(): Promise<boolean> {
    if (this.#isOpen) this.#thread.post({ kind: "stop" });
    this.#isOpen = false;
    const grace = setTimeout(this.#settled.resolve, stopGraceMilliseconds);
    await this.#settled.promise;
    clearTimeout(grace);
    this.#thread.listen(undefined);
    return this.#isAtRest;
  }

  heard(message: FromWorker): void {
    if (message.kind === "read") return this.#onProgress?.(message.bytes);
    this.#isAtRest = true;
    if (message.kind === "done") {
      this.#onProgress?.(this.#job.size);
      this.#answer.resolve({ digest: message.digest, layer: message.layer });
    } else this.#answer.reject(decodeError(message.error));
    this.#settle();
  }

  lost(reason: unknown): void {
    this.#answer.reject(reason);
    this.#settle();
  }

  #settle(): void {
    this.#isOpen = false;
    this.#settled.resolve();
  }
}

/** A thread looks for a stop after each block, which takes milliseconds; only a layer made to be slow needs longer. */
const stopGraceMilliseconds = 2_000;
