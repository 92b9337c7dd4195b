import type { GzipInflater } from "@stowage/linux";
import type { CompressedBytes } from "./arriving-file.ts";

/** Where gzip is read to and inflated into. */
export interface GunzipBuffers {
  /** Memory for compressed bytes, and what of them is in it already. */
  readonly block: Uint8Array;
  readonly start: Uint8Array;
  readonly chunkSize: number;
}

/**
 * The plain bytes of gzip members in a row. One chunk is inflated, on another thread, while the one before it is used. Fails with
 * an error of a code `ISAL_…` where the bytes are broken, cut off or followed by something else.
 */
export async function* gunzipped(
  inflater: GzipInflater,
  bytes: CompressedBytes,
  { block, start, chunkSize }: GunzipBuffers,
): AsyncGenerator<Uint8Array, void, undefined> {
  const members = new Members(inflater, bytes, { block, start });
  const outputs = [new Uint8Array(chunkSize), new Uint8Array(chunkSize)] as const;
  let ahead = members.inflateInto(outputs[0]);
  try {
    for (let turn = 1; ; turn = 1 - turn) {
      const chunk = await ahead;
      if (chunk === undefined) return;
      ahead = members.inflateInto(outputs[turn === 1 ? 1 : 0]);
      ahead.catch(() => undefined);
      yield chunk;
    }
  } finally {
    await ahead.catch(() => undefined); // nothing may be freed that is still written to
  }
}

class Members {
  readonly #inflater: GzipInflater;
  readonly #bytes: CompressedBytes;
  readonly #block: Uint8Array;
  /** What was read and not yet inflated. */
  #rest: Uint8Array;
  #isBetween = false;
  /** Whether the inflater may have more to give than there was room for. */
  #isFull = false;

  constructor(inflater: GzipInflater, bytes: CompressedBytes, { block, start }: Omit<GunzipBuffers, "chunkSize">) {
    this.#inflater = inflater;
    this.#bytes = bytes;
    this.#block = block;
    this.#rest = start;
  }

  /** Some plain bytes in `output`; `undefined` at the end of the last member. */
  async inflateInto(output: Uint8Array): Promise<Uint8Array | undefined> {
    for (;;) {
      if (!this.#isFull && !(await this.#fill())) return undefined;
      if (this.#isBetween) this.#inflater.reset();
      const { read, written, isEnd } = await this.#inflater.run(this.#rest, output);
      this.#rest = this.#rest.subarray(read);
      this.#isBetween = isEnd;
      this.#isFull = !isEnd && written === output.byteLength;
      if (written > 0) return output.subarray(0, written);
    }
  }

  /** Reads on where all is used up; `false` at the end. */
  async #fill(): Promise<boolean> {
    if (this.#rest.byteLength > 0) return true;
    this.#rest = this.#block.subarray(0, await this.#bytes.read(this.#block));
    if (this.#rest.byteLength > 0) return true;
    if (!this.#isBetween) throw Object.assign(new Error("it is cut off"), { code: "ISAL_CUT_OFF" });
    return false;
  }
}
