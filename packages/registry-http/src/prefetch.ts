/**
 * The blocks of `source`, which is read at once and to its end, ahead of the reader. What is held is no more than the source
 * has: it is for pieces of a bounded size. Whoever leaves early ends the source by its signal; `ahead` gets what to wait for.
 */
export function prefetched(
  source: AsyncIterable<Uint8Array>,
  ahead: Promise<void>[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const queue = new Queue();
  const reading = readAll(source, queue).finally(() => queue.end());
  reading.catch(() => undefined); // whoever reads is told
  ahead.push(reading);
  return takeAll(queue, reading);
}

class Queue {
  readonly #blocks: Uint8Array[] = [];
  #changed = Promise.withResolvers<void>();
  #isEnded = false;

  put(block: Uint8Array): void {
    this.#blocks.push(block);
    this.#changed.resolve();
  }

  end(): void {
    this.#isEnded = true;
    this.#changed.resolve();
  }

  /** `undefined` at the end. */
  async take(): Promise<Uint8Array | undefined> {
    while (this.#blocks.length === 0 && !this.#isEnded) {
      this.#changed = Promise.withResolvers<void>();
      await this.#changed.promise;
    }
    return this.#blocks.shift();
  }
}

async function readAll(source: AsyncIterable<Uint8Array>, queue: Queue): Promise<void> {
  for await (const block of source) queue.put(block);
}

/** Fails as the source does, after what came before. */
async function* takeAll(queue: Queue, reading: Promise<void>): AsyncGenerator<Uint8Array, void, undefined> {
  for (let block = await queue.take(); block !== undefined; block = await queue.take()) yield block;
  await reading;
}
