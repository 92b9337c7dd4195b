import type { GzipInflater } from "@stowage/linux";
import { type CompressedBytes, readFrom } from "./arriving-file.ts";

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
  let [output, spare] = [new Uint8Array(chunkSize), new Uint8Array(chunkSize)];
  let running: Promise<Uint8Array> | undefined;
  try {
    for (;;) {
      if (running === undefined && !(await members.comeToNext())) return members.rest;
      const chunk = await (running ?? members.inflateNow(output));
      [output, spare] = [spare, output];
      running = members.inflateNow(output); // before the chunk is used, which takes as long
      running?.catch(() => undefined);
      if (chunk !== undefined && chunk.byteLength > 0) yield chunk;
    }
  } finally {
    await running?.catch(() => undefined); // nothing may be freed that is still written to
  }
}

/** Gzip members in a row, and how far they are. One piece is inflated at a time. */
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

  /** Begins to inflate into `output`; `undefined` where that takes more than the bytes that are here. */
  inflateNow(output: Uint8Array): Promise<Uint8Array> | undefined {
    if (this.#isBetween) return undefined;
    if (this.rest.byteLength === 0 && !this.#isFull) {
      const count = this.#bytes.readNow(this.#block);
      if (count === undefined) return undefined;
      if (count === 0) throw Object.assign(new Error("it is cut off"), { code: "ISAL_CUT_OFF" });
      this.rest = this.#block.subarray(0, count);
    }
    return this.#inflate(output);
  }

  /** Waits until there is something to inflate; `false` at the end of the last member, and at one that is not for libisal. */
  async comeToNext(): Promise<boolean> {
    if (this.#isBetween) return await this.#begin();
    await this.#bytes.arrival();
    return true;
  }

  async #inflate(output: Uint8Array): Promise<Uint8Array> {
    const { read, written, isEnd } = await this.#inflater.run(this.rest, output);
    this.rest = this.rest.subarray(read);
    this.#isBetween = isEnd;
    this.#isFull = !isEnd && written === output.byteLength;
    return output.subarray(0, written);
  }

  async #begin(): Promise<boolean> {
    while (this.rest.byteLength < flagsEnd) {
      const count = await this.#readOn();
      if (count === 0) break;
    }
    if (this.rest.byteLength === 0 || isMisjudged(this.rest)) return false;
    this.#inflater.reset();
    this.#isBetween = false;
    return true;
  }

  /** Reads behind what is left. */
  async #readOn(): Promise<number> {
    const kept = this.rest.byteLength;
    this.#block.set(this.rest);
    const count = await readFrom(this.#bytes, this.#block.subarray(kept));
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
