import { endianness } from "node:os";
import { aside, loadKoffi } from "./koffi.ts";

/** Gzip members to plain bytes, on other threads; the state of one stream. */
export interface GzipInflater {
  /**
   * Inflates from `input` into `output` until one of them is used up or the member ends. Neither may be touched meanwhile; one call
   * at a time. Rejects with the code `ISAL_DATA` where the bytes are no gzip.
   */
  run(input: Uint8Array, output: Uint8Array): Promise<Inflated>;
  /** Begins with the next member. */
  reset(): void;
}

export interface Inflated {
  readonly read: number;
  readonly written: number;
  /** Whether the member has come to its end, its checksum and length being right. */
  readonly isEnd: boolean;
}

/** An inflater of libisal, at twice the speed of zlib; `undefined` where the machine has none that works as expected. */
export function startIsalInflater(): GzipInflater | undefined {
  if (isal === undefined) isal = loadIsal() ?? "none";
  return isal === "none" ? undefined : new IsalInflater(isal);
}

/** Continues a CRC-64 of ISO 3309, which begins with 0, by some bytes. */
export type ContinueCrc64 = (sum: bigint, bytes: Uint8Array) => bigint;

/** The CRC-64 of libisal, at the speed of memory; `undefined` where the machine has none that works as expected. */
export function findIsalCrc64(): ContinueCrc64 | undefined {
  crc64 ??= loadCrc64() ?? "none";
  return crc64 === "none" ? undefined : crc64;
}

/** Loaded at the first call. */
let isal: Isal | "none" | undefined;
let crc64: ContinueCrc64 | "none" | undefined;

function loadCrc64(): ContinueCrc64 | undefined {
  try {
    const run = loadKoffi().load("libisal.so.2").func("uint64_t crc64_iso_refl(uint64_t, void *, uint64_t)");
    const continued: ContinueCrc64 = (sum, bytes) => BigInt(run(sum, bytes, bytes.byteLength));
    return continued(0n, Buffer.from("123456789")) === 0xb909_56c7_75a4_1001n ? continued : undefined;
  } catch {
    return undefined; // not installed
  }
}

interface Isal {
  readonly addressOf: (memory: Uint8Array) => bigint;
  readonly init: (state: Uint8Array) => void;
  readonly inflate: (state: Uint8Array) => number;
  readonly inflateAside: (state: Uint8Array) => Promise<number>;
}

/** `struct inflate_state` (isa-l/igzip_lib.h), as it is in all versions of libisal.so.2 on 64 bits. */
const at = { nextOut: 0, availOut: 8, nextIn: 16, availIn: 32, blockState: 21_160, crcFlag: 21_172 } as const;

/** Half as large again as the struct. */
const stateBytes = 128 * 1024;

/** ISAL_GZIP, ISAL_BLOCK_FINISH */
const gzip = 1;
const finished = 5;

class IsalInflater implements GzipInflater {
  readonly #isal: Isal;
  readonly #state = Buffer.alloc(stateBytes);

  constructor(isal: Isal) {
    this.#isal = isal;
    this.reset();
  }

  reset(): void {
    beginMember(this.#isal, this.#state);
  }

  async run(input: Uint8Array, output: Uint8Array): Promise<Inflated> {
    pointTo(this.#isal, this.#state, { input, output });
    const code = await this.#isal.inflateAside(this.#state);
    if (code !== 0) throw Object.assign(new Error(`libisal says ${code}`), { code: "ISAL_DATA" });
    return outcomeOf(this.#state, { input, output });
  }
}

interface Buffers {
  readonly input: Uint8Array;
  readonly output: Uint8Array;
}

function beginMember({ init }: Isal, state: Buffer): void {
  init(state);
  state.writeUInt32LE(gzip, at.crcFlag);
}

function pointTo({ addressOf }: Isal, state: Buffer, { input, output }: Buffers): void {
  state.writeBigUInt64LE(addressOf(output), at.nextOut);
  state.writeUInt32LE(output.byteLength, at.availOut);
  state.writeBigUInt64LE(addressOf(input), at.nextIn);
  state.writeUInt32LE(input.byteLength, at.availIn);
}

function outcomeOf(state: Buffer, { input, output }: Buffers): Inflated {
  return {
    read: input.byteLength - state.readUInt32LE(at.availIn),
    written: output.byteLength - state.readUInt32LE(at.availOut),
    isEnd: state.readUInt32LE(at.blockState) === finished,
  };
}

function loadIsal(): Isal | undefined {
  if (endianness() !== "LE") return undefined;
  const koffi = loadKoffi();
  try {
    const library = koffi.load("libisal.so.2");
    const inflate = library.func("int isal_inflate(void *)");
    const loaded: Isal = {
      addressOf: (memory) => koffi.address(memory),
      init: library.func("void isal_inflate_init(void *)"),
      inflate,
      inflateAside: (state) => aside(inflate, state),
    };
    return isAsExpected(loaded) ? loaded : undefined;
  } catch {
    return undefined; // not installed
  }
}

/** Whether a member comes out right, with the fields where they are taken to be: other versions may have moved them. */
function isAsExpected(isal: Isal): boolean {
  const state = Buffer.alloc(stateBytes);
  const output = Buffer.alloc(16);
  beginMember(isal, state);
  pointTo(isal, state, { input: sample, output });
  const code = isal.inflate(state);
  const { read, written, isEnd } = outcomeOf(state, { input: sample, output });
  return code === 0 && isEnd && read === sample.length - 1 && output.toString("latin1", 0, written) === "stowage";
}

/** A member, and a byte that is none of it. */
const sample = Buffer.from("H4sIAAAAAAAAAysuyS9PTE8FAAbrpGMHAAAAAA==", "base64");
