import { readSync } from "node:fs";

/** Where the compressed bytes of a layer are read from, in order. */
export interface CompressedBytes {
  /** Fills `into` with what comes next, or a part of it; 0 at the end, `undefined` where that has yet to arrive. */
  readNow(into: Uint8Array): number | undefined;
  /** Waits until there is something to read, or the end is known. */
  arrival(): Promise<void>;
}

/** The same, waiting for what has yet to arrive. */
export async function readFrom(bytes: CompressedBytes, into: Uint8Array): Promise<number> {
  for (;;) {
    const count = bytes.readNow(into);
    if (count !== undefined) return count;
    await bytes.arrival();
  }
}

/** A file that is read on this thread while another one is told of its growth. */
export class ArrivingFile implements CompressedBytes {
  readonly #fd: number;
  readonly #size: number;
  #arrived = 0;
  #at = 0;
  #isStopped = false;
  #news: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor({ fd, size }: { readonly fd: number; readonly size: number }) {
    this.#fd = fd;
    this.#size = size;
  }

  /** How many bytes have been read. */
  get position(): number {
    return this.#at;
  }

  /** Says that so many bytes are in. */
  note(arrived: number): void {
    this.#arrived = arrived;
    this.#news.resolve();
  }

  /** Makes the next read fail, also one that waits. */
  stop(): void {
    this.#isStopped = true;
    this.#news.resolve();
  }

  readNow(into: Uint8Array): number | undefined {
    if (this.#isStopped) throw new Error("Cannot go on unpacking: it was called off");
    if (this.#at === this.#size) return 0;
    const length = Math.min(into.byteLength, this.#arrived - this.#at);
    if (length === 0) return undefined;
    const count = readSync(this.#fd, into, 0, length, this.#at);
    if (count === 0) throw new Error("Cannot unpack: the file of the layer was cut short");
    this.#at += count;
    return count;
  }

  async arrival(): Promise<void> {
    while (!this.#isStopped && this.#at === this.#arrived && this.#at < this.#size) {
      this.#news = Promise.withResolvers();
      await this.#news.promise;
    }
  }
}
