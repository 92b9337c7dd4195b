import { type BlockPool, blockBytes } from "./block-pool.ts";

/** What may lie here untaken: the next block is filled while one is being worked on. */
const maxQueuedBytes: number = 2 * blockBytes;

/** A slow sender's bytes are passed on after this long, though their block is not full. */
const flushMilliseconds = 50;

/** Buffers below this size may be parts of Node's pool, which others share, and are not worth giving back. */
const leastRecycledBytes: number = Math.max(32 * 1024, Buffer.poolSize / 2 + 1);

export interface BlockQueueOptions {
  /** Whether the chunks that come are nobody else's. */
  readonly recycling: boolean;
  /** Where full-sized blocks are from. */
  readonly pool?: BlockPool | undefined;
  /** Called when there is room again. */
  readonly onRoom: () => void;
}

/**
 * Gathers chunks into blocks for one reader. The memory of the chunks is given back at once instead of waiting for the
 * garbage collector, which would let a gigabyte of them pile up to a hundred megabytes.
 */
export class BlockQueue {
  readonly #recycling: boolean;
  readonly #pool: BlockPool | undefined;
  readonly #onRoom: () => void;
  readonly #full: Uint8Array[] = [];
  #filling = new Uint8Array();
  #filled = 0;
  #left = Number.POSITIVE_INFINITY;
  #queued = 0;
  #end: { readonly error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;
  #flush: NodeJS.Timeout | undefined;
  #spent: ArrayBuffer[] = [];
  #waited = 0;
  #waitingSince: number | undefined;

  constructor({ recycling, pool, onRoom }: BlockQueueOptions) {
    this.#recycling = recycling;
    this.#pool = pool;
    this.#onRoom = onRoom;
  }

  /** How many bytes will come, where it is known: blocks are made no larger. */
  expect(bytes: number): void {
    if (Number.isSafeInteger(bytes)) this.#left = bytes;
  }

  /** Milliseconds, by `now`, that the reader has waited for what did not come. */
  waitedMilliseconds(now: number): number {
    return this.#waited + (this.#waitingSince === undefined ? 0 : now - this.#waitingSince);
  }

  /** Copies `chunk`; whether there is room for more. */
  put(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.byteLength; ) at += this.#append(chunk, at);
    this.#queued += chunk.byteLength;
    if (this.#recycling) this.#giveBack(chunk);
    if (this.#full.length > 0) this.#wake?.();
    else if (this.#wake !== undefined) this.#flushSoon();
    return this.#queued < maxQueuedBytes;
  }

  /** Nothing comes after this. What came before is still taken, and then `error` is thrown if there is one. */
  end(error?: Error): void {
    this.#end ??= { error };
    clearTimeout(this.#flush);
    this.#wake?.();
  }

  /** The next block, or `undefined` at the end. One reader at a time. */
  async take(): Promise<Uint8Array | undefined> {
    if (this.#full.length === 0 && this.#end === undefined) await this.#change();
    const block = this.#full.shift() ?? this.#cut();
    if (block === undefined) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      return undefined;
    }
    this.#queued -= block.byteLength;
    if (this.#queued < maxQueuedBytes) this.#onRoom();
    return block;
  }

  async #change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    this.#waitingSince = performance.now();
    if (this.#filled > 0) this.#flushSoon();
    await promise;
    this.#waited = this.waitedMilliseconds(performance.now());
    this.#waitingSince = undefined;
    this.#wake = undefined;
    clearTimeout(this.#flush);
    this.#flush = undefined;
  }

  #flushSoon(): void {
    this.#flush ??= setTimeout(() => this.#wake?.(), flushMilliseconds);
  }

  #append(chunk: Buffer, from: number): number {
    if (this.#filling.byteLength === 0) this.#filling = this.#newBlock(this.#sizeLeft(chunk, from));
    const bytes = chunk.subarray(from, from + this.#filling.byteLength - this.#filled);
    this.#filling.set(bytes, this.#filled);
    this.#filled += bytes.byteLength;
    this.#left -= bytes.byteLength;
    if (this.#filled === this.#filling.byteLength) {
      this.#full.push(this.#filling);
      this.#filling = new Uint8Array();
      this.#filled = 0;
    }
    return bytes.byteLength;
  }

  /** At least what is there already, whatever was announced. */
  /** Whole blocks come from the pool: what is small would hold one of them. */
  #newBlock(bytes: number): Uint8Array<ArrayBuffer> {
    return (bytes === blockBytes ? this.#pool?.take() : undefined) ?? allocate(bytes);
  }

  #sizeLeft(chunk: Buffer, from: number): number {
    return Math.min(blockBytes, Math.max(chunk.byteLength - from, this.#left));
  }

  /** What is there of a block. Little is copied out of it, or each would hold the memory of a whole one. */
  #cut(): Uint8Array | undefined {
    if (this.#filled === 0) return undefined;
    const isLittle = 2 * this.#filled < this.#filling.byteLength;
    const block = isLittle ? this.#filling.slice(0, this.#filled) : this.#filling.subarray(0, this.#filled);
    if (!isLittle) this.#filling = new Uint8Array();
    this.#filled = 0;
    return block;
  }

  /** Later, when the parser is through with the buffer; and only where nothing follows in it that has yet to be parsed. */
  #giveBack({ buffer, byteOffset, byteLength }: Buffer): void {
    const isWhole = byteOffset + byteLength === buffer.byteLength && byteLength >= leastRecycledBytes;
    if (!isWhole || !(buffer instanceof ArrayBuffer)) return;
    if (this.#spent.length === 0) setImmediate(() => this.#release());
    this.#spent.push(buffer);
  }

  #release(): void {
    for (const buffer of this.#spent) buffer.transfer(0);
    this.#spent = [];
  }
}

/** Not filled with zeros: all of it that is passed on was written. */
function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
}
