import { ContentMismatchError, type Descriptor, startHash } from "@stowage/oci";
import type { Span } from "./blob-source.ts";

/**
 * The bytes of a blob on their way out, in spans, which may be read again. The last of them is only given once all of them
 * have turned out to be what is wanted, so that nobody ever has all of something else.
 */
export class PushSource {
  readonly #want: Pick<Descriptor, "digest" | "size">;
  readonly #open: (from: number) => AsyncIterable<Uint8Array>;
  #reading: AsyncIterator<Uint8Array> | undefined;
  /** Where `#reading` is; `undefined` while a span is being read, and after one that was left early. */
  #at: number | undefined;
  /** What was read beyond the end of the last span. */
  #rest: Uint8Array = new Uint8Array();
  #hash: ReturnType<typeof startHash>;
  #hashed = 0;
  #isVerified = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(want: Pick<Descriptor, "digest" | "size">, open: (from: number) => AsyncIterable<Uint8Array>) {
    this.#want = want;
    this.#open = open;
    this.#hash = startHash(want.digest);
  }

  /** The bytes of a span. One who begins at the start has them hashed anew. */
  async *read({ start, end }: Span): AsyncGenerator<Uint8Array, void, undefined> {
    if (start === end && this.#want.size > 0) return;
    const reading = this.#begin(start);
    let at = start;
    while (at < end) {
      const block = await this.#noting(async () => await this.#next(reading, at));
      if (this.#reading !== reading) return; // somebody else reads meanwhile: whoever asked for this has left
      const part = block.subarray(0, end - at);
      this.#rest = block.subarray(part.byteLength);
      this.#count(part, at);
      at += part.byteLength;
      if (at === this.#want.size) await this.#noting(async () => await this.#verify(reading));
      if (at === end) this.#at = end;
      yield part;
    }
    if (this.#want.size === 0) await this.#noting(async () => await this.#verify(reading));
  }

  /** Throws what went wrong with the bytes themselves, if anything did: whoever sends them only sees a request fail. */
  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Lets go of what gives the bytes. */
  close(): void {
    void this.#reading?.return?.().catch(() => undefined); // what it fails with concerns nobody any more
    this.#reading = undefined;
    this.#at = undefined;
  }

  #begin(start: number): AsyncIterator<Uint8Array> {
    if (start === 0) {
      this.#hash = startHash(this.#want.digest);
      this.#hashed = 0;
      this.#isVerified = false;
    }
    if (this.#at !== start || start === 0) {
      this.close();
      this.#rest = new Uint8Array();
      this.#reading = this.#open(start)[Symbol.asyncIterator]();
    }
    this.#at = undefined;
    if (this.#reading === undefined) throw new Error("what was read up to its end is open");
    return this.#reading;
  }

  /** The next bytes, of which there must be some. */
  async #next(reading: AsyncIterator<Uint8Array>, at: number): Promise<Uint8Array> {
    const block = this.#rest.byteLength > 0 ? this.#rest : await readBlock(reading);
    if (block === undefined) throw new ContentMismatchError(this.#want, `only ${at} bytes`);
    return block;
  }

  #count(part: Uint8Array, at: number): void {
    if (this.#isVerified) return;
    this.#hash.update(part.subarray(Math.max(0, this.#hashed - at)));
    this.#hashed = Math.max(this.#hashed, at + part.byteLength);
  }

  async #verify(reading: AsyncIterator<Uint8Array>): Promise<void> {
    const more = this.#rest.byteLength > 0 ? this.#rest : await readBlock(reading);
    if (more !== undefined) throw new ContentMismatchError(this.#want, `more than ${this.#want.size} bytes`);
    if (this.#isVerified) return;
    const digest = this.#hash.finish();
    if (digest !== this.#want.digest)
      throw new ContentMismatchError(this.#want, `${digest} (${this.#want.size} bytes)`);
    this.#isVerified = true;
  }

  async #noting<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }
}

/** A block that is not empty; `undefined` at the end. */
async function readBlock(reading: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  for (;;) {
    const { done, value } = await reading.next();
    if (done === true) return undefined;
    if (value.byteLength > 0) return value;
  }
}
