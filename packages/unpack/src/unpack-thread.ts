import { Worker } from "node:worker_threads";
import type { LayerThread, LayerThreads, ThreadListener } from "./layer-thread.ts";
import type { FromWorker, ToWorker } from "./thread-messages.ts";

/** Threads of this process. */
export const ownThreads: LayerThreads = {
  start: () => new UnpackThread(),
  [Symbol.asyncDispose]: async () => undefined,
};

/** A thread of this process that unpacks layers. */
export class UnpackThread implements LayerThread {
  readonly #worker: Worker;
  readonly #ended: Promise<unknown>;
  #listener: ThreadListener | undefined;
  #isAlive = true;
  /** Why it is gone. */
  #lost: { readonly reason: unknown } | undefined;

  constructor() {
    this.#worker = new Worker(new URL(import.meta.resolve("#worker")), {
      name: "unpack",
      trackUnmanagedFds: false,
      resourceLimits: { maxYoungGenerationSizeMb },
    });
    this.#ended = new Promise((resolve) => this.#worker.once("exit", resolve));
    this.#worker.on("message", (message: FromWorker) => this.#listener?.heard(message));
    this.#worker.once("error", (error) => this.#lose(error));
    this.#worker.once("exit", (code) => this.#lose(new Error(`Cannot unpack: the thread ended with ${code}`)));
    this.#worker.unref();
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  listen(listener: ThreadListener | undefined): void {
    this.#listener = listener;
    if (this.#lost !== undefined) listener?.lost(this.#lost.reason);
    if (listener === undefined) this.#worker.unref();
    else this.#worker.ref();
  }

  post(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /**
   * Ends a thread that does not come to its rest. The descriptors that it has open, some 64 of directories and one of a file,
   * stay open for as long as the process lives: they come from libc, and Node does not track them, for it would warn of each that
   * is closed.
   */
  async cutOff(): Promise<void> {
    this.#isAlive = false;
    await this.#worker.terminate();
    await this.#ended;
  }

  /** One that is still loading its libraries must not be cut off: that would end the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isAlive = false;
    this.#worker.ref();
    this.post({ kind: "end" });
    await this.#ended;
  }

  #lose(reason: unknown): void {
    this.#isAlive = false;
    this.#lost ??= { reason };
    this.#listener?.lost(reason);
  }
}

/** Entries are forgotten as soon as they are written: with room for some thousands of them, hardly one has to be looked at. */
const maxYoungGenerationSizeMb = 24;
