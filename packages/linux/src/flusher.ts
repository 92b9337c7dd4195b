import { closeSync, fsync, openSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { syncFileSystem } from "./sync.ts";

/** Makes what is written survive a power cut. */
export interface Flusher {
  /**
   * Returns when everything in its scope that was done before the call is durable. Those who call while a flush is under way
   * share the next one. Fails with EIO where something was not written: what that was, nobody can tell.
   */
  flush(): Promise<void>;

  /** How many flushes have failed. What was begun at a lower count may be lost, whatever a later flush says. */
  readonly failures: number;
}

/** What a flush is about: the names in a directory, or all that the file system has which the directory is on. */
export type FlushScope = "names" | "file-system";

/**
 * What a power cut may take: nothing that was said to be done (`full`), or what the kernel, which writes within half a minute
 * or so, had no time for (`relaxed`).
 */
export type Durability = "full" | "relaxed";

export interface FlusherOptions {
  readonly scope: FlushScope;
  readonly durability: Durability;
}

/** A flusher that keeps one descriptor of `directory`, to which the kernel tells each loss once; a relaxed one does nothing. */
export function openFlusher(directory: string, { scope, durability }: FlusherOptions): Flusher & Disposable {
  return durability === "full" ? new SharedFlusher(openSync(directory, "r"), scope) : relaxedFlusher;
}

const relaxedFlusher: Flusher & Disposable = {
  flush: async () => undefined,
  failures: 0,
  [Symbol.dispose]: () => undefined,
};

const syncs: Readonly<Record<FlushScope, (fd: number) => Promise<void>>> = {
  names: promisify(fsync),
  "file-system": syncFileSystem,
};

class SharedFlusher implements Flusher, Disposable {
  readonly #fd: number;
  readonly #scope: FlushScope;
  #failures = 0;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(fd: number, scope: FlushScope) {
    this.#fd = fd;
    this.#scope = scope;
  }

  get failures(): number {
    return this.#failures;
  }

  flush(): Promise<void> {
    this.#next ??= this.#start(this.#running);
    return this.#next;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  async #start(previous: Promise<void>): Promise<void> {
    await previous.catch(() => undefined);
    await setImmediate(); // whoever is about to call gets in
    this.#running = this.#sync();
    this.#next = undefined;
    await this.#running;
  }

  async #sync(): Promise<void> {
    try {
      await syncs[this.#scope](this.#fd);
    } catch (error) {
      this.#failures += 1;
      throw error;
    }
  }
}
