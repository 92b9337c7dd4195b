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
 * The plain bytes of gzip members in a row. One chunk is inflated, on another thread, while the one before it is used. Ends at a
 * member that libisal judges otherwise than zlib does, with what was read of it and behind it: zlib is to go on there. Fails
 * with an error of a code `ISAL_…` where the bytes are broken, cut off or followed by something else.
 */
export async function* gunzipped(
  inflater: GzipInflater,
  bytes: CompressedBytes,
  { block, start, chunkSize }: GunzipBuffers,
): AsyncGenerator<Uint8Array, Uint8Array, undefined> {
  const members = new Members(inflater, bytes, { block, start });
  const outputs = [new Uint8Array(chunkSize), new Uint8Array(chunkSize)] as const;
  let ahead = members.inflateInto(outputs[0]);
  try {
    for (let turn = 1; ; turn = 1 - turn) {
      const chunk = await ahead;
      if (chunk === undefined) return members.rest;
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
  rest: Uint8Array;
  #isBetween = true;
  /** Whether the inflater may have more to give than there was room for. */
  #isFull = false;

  constructor(inflater: GzipInflater, bytes: CompressedBytes, { block, start }: Omit<GunzipBuffers, "chunkSize">) {
    this.#inflater = inflater;
    this.#bytes = bytes;
    this.#block = block;
    this.rest = start;
  }

  /** Some plain bytes in `output`; `undefined` at the end of the last member, and at one that is not for libisal. */
  async inflateInto(output: Uint8Array): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#isBetween && !(await this.#begin())) return undefined;
      if (!this.#isFull) await this.#fill();
      const { read, written, isEnd } = await this.#inflater.run(this.rest, output);
      this.rest = this.rest.subarray(read);
      this.#isBetween = isEnd;
      this.#isFull = !isEnd && written === output.byteLength;
      if (written > 0) return output.subarray(0, written);
    }
  }

  async #begin(): Promise<boolean> {
    while (this.rest.byteLength < flagsEnd) {
      const count = await this.#readOn();
      if (count === 0) break;
    }
    if (this.rest.byteLength === 0 || isMisjudged(this.rest)) return false;
    this.#inflater.reset();
    return true;
  }

  /** Reads on where all is used up. */
  async #fill(): Promise<void> {
    if (this.rest.byteLength > 0) return;
    const count = await this.#readOn();
    if (count === 0) throw Object.assign(new Error("it is cut off"), { code: "ISAL_CUT_OFF" });
  }

  async #readOn(): Promise<number> {
    const kept = this.rest.byteLength;
    this.#block.set(this.rest);
    const count = await this.#bytes.read(this.#block.subarray(kept));
    this.rest = this.#block.subarray(0, kept + count);
    return count;
  }
}

/**
 * Whether a member has flags (RFC 1952, 2.3.1) that libisal gets wrong: it takes the reserved ones, and refuses a checksum of the
 * header where that comes in pieces. Hardly any writer sets them.
 */
function isMisjudged(member: Uint8Array): boolean {
  return ((member[flagsEnd - 1] ?? 0) & (reservedFlags | headerChecksum)) !== 0;
}

const flagsEnd = 4;
const reservedFlags = 0xe0;
const headerChecksum = 0x02;
