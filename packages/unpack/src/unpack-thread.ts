import { Worker } from "node:worker_threads";
import { decodeError } from "./error-transfer.ts";
import type { FromWorker, ToWorker } from "./thread-messages.ts";
import type { UnpackAnswer, UnpackJob } from "./unpack-layer.ts";

/**
 * A thread that unpacks one layer. Disposing it stops the thread, and waits until it has closed its files and ended; one
 * that does not come to its stop in time is terminated. Only then the descriptors that it has open, some 64 of directories
 * and one of a file, stay open for as long as the process lives: they come from libc, and Node does not track them, for it
 * would warn of each that is closed.
 */
export class UnpackThread implements AsyncDisposable {
  /** The one answer; fails with what went wrong on the thread. */
  readonly answer: Promise<UnpackAnswer>;
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #onConsumed: (bytes: number) => void;
  #inFlight = 0;
  #stopped = false;
  #room: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(job: UnpackJob, onConsumed: (bytes: number) => void) {
    this.#onConsumed = onConsumed;
    const options = { workerData: job, trackUnmanagedFds: false };
    this.#worker = new Worker(new URL(import.meta.resolve("#worker")), options);
    this.#exited = new Promise((resolve) => this.#worker.once("exit", resolve));
    this.answer = this.#listen();
    this.answer.catch(() => undefined);
  }

  /** Hands a block over, with its memory; waits while enough of them are under way. */
  async send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    while (this.#inFlight >= maxInFlight && !this.#stopped) await this.#room.promise;
    this.#inFlight += bytes.byteLength;
    this.#post({ kind: "block", bytes }, [bytes.buffer]);
  }

  end(): void {
    this.#post({ kind: "end" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#room.resolve();
    this.#post({ kind: "stop" });
    const grace = setTimeout(() => void this.#worker.terminate(), stopGraceMilliseconds);
    await this.#exited;
    clearTimeout(grace);
  }

  #post(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  async #listen(): Promise<UnpackAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<UnpackAnswer>();
    this.#worker.on("message", (message: FromWorker) => {
      if (message.kind === "consumed") this.#makeRoom(message.bytes);
      else if (message.kind === "done") resolve({ digest: message.digest, layer: message.layer });
      else reject(decodeError(message.error));
    });
    this.#worker.once("error", reject);
    this.#worker.once("exit", (code) =>
      reject(new Error(`Cannot unpack: the thread ended with ${code} and no answer`)),
    );
    return promise;
  }

  #makeRoom(bytes: number): void {
    this.#inFlight -= bytes;
    const room = this.#room;
    this.#room = Promise.withResolvers();
    room.resolve();
    this.#onConsumed(bytes);
  }
}

/** Compressed bytes on their way to the thread: enough to keep it busy, little enough for many layers at once. */
const maxInFlight = 4 * 1024 * 1024;

/** A thread looks for a stop after each block, which takes milliseconds; only a layer made to be slow needs longer. */
const stopGraceMilliseconds = 2_000;
