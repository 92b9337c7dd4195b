/**
 * Reads a source ahead of its reader, to its end. What it holds is no more than the source has: it is for pieces of a bounded
 * size. Disposing it waits for the source, which its signal ends.
 */
export class Prefetch implements AsyncDisposable {
  readonly #blocks: Uint8Array[] = [];
  readonly #done: Promise<void>;
  #isDone = false;
  #wake: (() => void) | undefined;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#done = this.#run(source).finally(() => {
      this.#isDone = true;
      this.#wake?.();
    });
    this.#done.catch(() => undefined); // whoever reads is told
  }

  /** The next block, or `undefined` at the end. Fails as the source does, after what came before. */
  async take(): Promise<Uint8Array | undefined> {
    while (this.#blocks.length === 0 && !this.#isDone) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    const block = this.#blocks.shift();
    if (block === undefined) await this.#done;
    return block;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#done.catch(() => undefined);
  }

  async #run(source: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const block of source) {
      this.#blocks.push(block);
      this.#wake?.();
    }
  }
}
