import { decodeError } from "./error-transfer.ts";
import type { FromWorker } from "./thread-messages.ts";
import type { UnpackAnswer, UnpackJob } from "./unpack-layer.ts";
import type { ThreadListener, UnpackThread } from "./unpack-thread.ts";

/** One layer on its way through a thread. */
export class ThreadWork implements ThreadListener {
  /** The one answer; fails with what went wrong on the thread. */
  readonly answer: Promise<UnpackAnswer>;
  readonly #thread: UnpackThread;
  /** Called with the bytes that the thread is done with so far. */
  readonly #onProgress: ((bytes: number) => void) | undefined;
  readonly #answer: PromiseWithResolvers<UnpackAnswer> = Promise.withResolvers();
  readonly #settled: PromiseWithResolvers<void> = Promise.withResolvers();
  #room: PromiseWithResolvers<void> = Promise.withResolvers();
  #inFlight = 0;
  #consumed = 0;
  #isOpen = true;
  #isAtRest = false;

  constructor(thread: UnpackThread, job: UnpackJob, onProgress?: (bytes: number) => void) {
    this.#thread = thread;
    this.#onProgress = onProgress;
    this.answer = this.#answer.promise;
    this.answer.catch(() => undefined);
    thread.listen(this);
    thread.post({ kind: "start", job });
  }

  /** Hands a block over, with its memory; waits while enough of them are under way. Once the work is over, it is dropped. */
  async send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    while (this.#isOpen && this.#inFlight >= maxInFlight) await this.#room.promise;
    if (!this.#isOpen) return;
    this.#inFlight += bytes.byteLength;
    this.#thread.post({ kind: "block", bytes }, [bytes.buffer]);
  }

  end(): void {
    if (this.#isOpen) this.#thread.post({ kind: "end" });
  }

  /**
   * Lets go of the thread, stopping it first if it has not answered. Returns whether it came to its rest, with its files
   * closed and fit for other work; one that did not in time is still busy.
   */
  async leave(): Promise<boolean> {
    if (this.#isOpen) this.#thread.post({ kind: "stop" });
    this.#close();
    const grace = setTimeout(this.#settled.resolve, stopGraceMilliseconds);
    await this.#settled.promise;
    clearTimeout(grace);
    this.#thread.listen(undefined);
    return this.#isAtRest;
  }

  heard(message: FromWorker): void {
    if (message.kind === "consumed") return this.#makeRoom(message.bytes);
    this.#isAtRest = true;
    if (message.kind === "done") {
      this.#makeRoom(this.#inFlight);
      this.#answer.resolve({ digest: message.digest, layer: message.layer });
    } else this.#answer.reject(decodeError(message.error));
    this.#settle();
  }

  lost(reason: unknown): void {
    this.#answer.reject(reason);
    this.#settle();
  }

  #makeRoom(bytes: number): void {
    this.#inFlight -= bytes;
    this.#consumed += bytes;
    this.#wake();
    this.#onProgress?.(this.#consumed);
  }

  #settle(): void {
    this.#close();
    this.#settled.resolve();
  }

  #close(): void {
    this.#isOpen = false;
    this.#wake();
  }

  #wake(): void {
    const room = this.#room;
    this.#room = Promise.withResolvers();
    room.resolve();
  }
}

/** Compressed bytes on their way to the thread: enough to keep it busy, little enough for many layers at once. */
const maxInFlight = 4 * 1024 * 1024;

/** A thread looks for a stop after each block, which takes milliseconds; only a layer made to be slow needs longer. */
const stopGraceMilliseconds = 2_000;
