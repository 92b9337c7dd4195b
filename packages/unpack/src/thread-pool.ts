import type { LayerThread, LayerThreads } from "./layer-thread.ts";

/** Threads that are kept for the next layer for a while. Disposing it ends them and waits; one that is out ends when it is back. */
export class ThreadPool implements AsyncDisposable {
  /** The one that came back last is the last. */
  readonly #idle = new Map<LayerThread, NodeJS.Timeout>();
  readonly #ending = new Set<Promise<void>>();
  readonly #threads: LayerThreads;
  readonly #idleMilliseconds: number;
  #isOpen = true;

  constructor(threads: LayerThreads, idleMilliseconds: number = defaultIdleMilliseconds) {
    this.#threads = threads;
    this.#idleMilliseconds = idleMilliseconds;
  }

  /** A thread at rest; a new one where none is idle. */
  take(): LayerThread {
    const thread = [...this.#idle.keys()].findLast(({ isAlive }) => isAlive);
    if (thread === undefined) return this.#threads.start();
    this.#forget(thread);
    return thread;
  }

  /** Keeps a thread that is at rest, unless enough are idle. */
  async giveBack(thread: LayerThread): Promise<void> {
    if (!this.#isOpen || !thread.isAlive || this.#idle.size >= maxIdle) return await thread[Symbol.asyncDispose]();
    const expiry = setTimeout(() => void this.#end(thread), this.#idleMilliseconds);
    this.#idle.set(thread, expiry.unref());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    for (const thread of this.#idle.keys()) void this.#end(thread);
    await Promise.all(this.#ending);
    await this.#threads[Symbol.asyncDispose]();
  }

  async #end(thread: LayerThread): Promise<void> {
    this.#forget(thread);
    const ending = thread[Symbol.asyncDispose]();
    this.#ending.add(ending);
    await ending;
    this.#ending.delete(ending);
  }

  #forget(thread: LayerThread): void {
    clearTimeout(this.#idle.get(thread));
    this.#idle.delete(thread);
  }
}

/** As many layers as a pull unpacks side by side, or as pulls of small images come at once; an idle thread takes some MiB. */
const maxIdle = 4;

/** From one pull to the next of the same rush, not to that of the next hour. */
const defaultIdleMilliseconds = 10_000;
