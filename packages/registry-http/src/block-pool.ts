/** Large enough that handing one to another thread does not count beside the work on it. */
export const blockBytes: number = 256 * 1024;

/** Blocks that lie here unused, as many as a blob in chunks fills before its reader comes to them. */
const maxFreeBlocks = 128;

/** Blocks for bytes to arrive in, used again and again: fresh memory costs more than what is done with it. */
export class BlockPool {
  readonly #free: ArrayBuffer[] = [];

  /** A block of `blockBytes`; what is in it is of no meaning. */
  take(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#free.pop() ?? Buffer.allocUnsafeSlow(blockBytes).buffer);
  }

  /** Takes back the block that `part` is of. Nobody may look at it after that. */
  give({ buffer }: Uint8Array): void {
    const isOurs = buffer instanceof ArrayBuffer && buffer.byteLength === blockBytes;
    if (isOurs && this.#free.length < maxFreeBlocks) this.#free.push(buffer);
  }
}

/** Passes blocks on, each lent until the next is there: only then has everybody on the way here done with it, too. */
export async function* lent(
  source: AsyncIterable<Uint8Array>,
  pool: BlockPool,
): AsyncGenerator<Uint8Array, void, undefined> {
  let last: Uint8Array | undefined;
  for await (const block of source) {
    if (last !== undefined) pool.give(last);
    last = block;
    yield block;
  }
}
