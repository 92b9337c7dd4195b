import { endianness } from "node:os";
import { aside, loadKoffi } from "./koffi.ts";

/** SHA-2, whose state can be written down and taken up again, in another process too. */
export interface ResumableHash {
  /** Hashes on another thread. The bytes must not change until it is done; one call at a time. */
  update(bytes: Uint8Array): Promise<void>;
  /** After how many bytes the state was taken, and what it is. */
  checkpoint(): HashCheckpoint;
  /** In hex; nothing may follow. */
  finish(): Promise<string>;
}

export interface HashCheckpoint {
  /** A multiple of 128: the state has no bytes in it that wait for the rest of their block. */
  readonly bytes: number;
  /** In hex. */
  readonly state: string;
}

export type Sha2 = "sha256" | "sha512";

/**
 * Begins a hash, or goes on from a checkpoint of the same algorithm: by OpenSSL's own functions, which Node carries, since
 * node:crypto does not let its state out. `undefined` where this Node does not show them, or on a big-endian machine.
 */
export function startResumableHash(algorithm: Sha2, from?: HashCheckpoint): ResumableHash | undefined {
  const functions = findFunctions(algorithm);
  return functions === undefined ? undefined : new OpensslHash(layouts[algorithm], functions, from);
}

/** Whether a checkpoint can be gone on from. What is not one would lead OpenSSL to other memory. */
export function isHashCheckpoint(algorithm: Sha2, { bytes, state }: HashCheckpoint): boolean {
  const { stateBytes } = layouts[algorithm];
  return (
    Number.isSafeInteger(bytes) &&
    bytes >= 0 &&
    bytes % alignment === 0 &&
    new RegExp(`^[0-9a-f]{${2 * stateBytes}}$`).test(state)
  );
}

/** The larger of the two block sizes. */
const alignment = 128;

/** `SHA256_CTX` and `SHA512_CTX` (openssl/sha.h): the state, then the count of bits, the pending block, and its length. */
interface Layout {
  readonly stateBytes: number;
  readonly contextBytes: number;
  readonly prefix: "SHA256" | "SHA512";
}

const layouts: Readonly<Record<Sha2, Layout>> = {
  sha256: { stateBytes: 32, contextBytes: 112, prefix: "SHA256" },
  sha512: { stateBytes: 64, contextBytes: 216, prefix: "SHA512" },
};

class OpensslHash implements ResumableHash {
  readonly #layout: Layout;
  readonly #functions: Functions;
  readonly #context: Buffer;
  /** What does not fill a block yet. */
  readonly #rest = new Uint8Array(alignment);
  #restBytes = 0;
  #hashed = 0;

  constructor(layout: Layout, functions: Functions, from: HashCheckpoint | undefined) {
    this.#layout = layout;
    this.#functions = functions;
    this.#context = Buffer.alloc(layout.contextBytes);
    functions.init(this.#context);
    if (from !== undefined) this.#restore(from);
  }

  async update(bytes: Uint8Array): Promise<void> {
    const joined = this.#restBytes === 0 ? 0 : Math.min(bytes.byteLength, alignment - this.#restBytes);
    this.#keep(bytes.subarray(0, joined));
    if (this.#restBytes === alignment) {
      this.#restBytes = 0;
      await this.#hash(this.#rest);
    }
    const whole = bytes.byteLength - joined - ((bytes.byteLength - joined) % alignment);
    if (whole > 0) await this.#hash(bytes.subarray(joined, joined + whole));
    this.#keep(bytes.subarray(joined + whole));
  }

  checkpoint(): HashCheckpoint {
    return { bytes: this.#hashed, state: this.#context.toString("hex", 0, this.#layout.stateBytes) };
  }

  async finish(): Promise<string> {
    if (this.#restBytes > 0) await this.#hash(this.#rest.subarray(0, this.#restBytes));
    const digest = Buffer.alloc(this.#layout.stateBytes);
    this.#functions.final(digest, this.#context);
    return digest.toString("hex");
  }

  #restore({ bytes, state }: HashCheckpoint): void {
    const { stateBytes } = this.#layout;
    this.#context.write(state, 0, stateBytes, "hex");
    this.#context.writeBigUInt64LE(BigInt(bytes) * 8n, stateBytes); // in both, the low word stands first
    this.#hashed = bytes;
  }

  async #hash(bytes: Uint8Array): Promise<void> {
    await this.#functions.update(this.#context, bytes);
    this.#hashed += bytes.byteLength;
  }

  #keep(bytes: Uint8Array): void {
    this.#rest.set(bytes, this.#restBytes);
    this.#restBytes += bytes.byteLength;
  }
}

interface Functions {
  init(context: Uint8Array): void;
  update(context: Uint8Array, bytes: Uint8Array): Promise<void>;
  final(digest: Uint8Array, context: Uint8Array): void;
}

const found = new Map<Sha2, Functions | undefined>();

function findFunctions(algorithm: Sha2): Functions | undefined {
  if (!found.has(algorithm))
    found.set(algorithm, endianness() === "LE" ? loadFunctions(layouts[algorithm].prefix) : undefined);
  return found.get(algorithm);
}

function loadFunctions(prefix: Layout["prefix"]): Functions | undefined {
  const node = loadKoffi().load(null);
  try {
    const init = node.func(`int ${prefix}_Init(void *)`);
    const update = node.func(`int ${prefix}_Update(void *, void *, size_t)`);
    const final = node.func(`int ${prefix}_Final(void *, void *)`);
    return {
      init: (context) => void init(context),
      update: async (context, bytes) => void (await aside(update, context, bytes, bytes.byteLength)),
      final: (digest, context) => void final(digest, context),
    };
  } catch {
    return undefined; // built with a library that keeps its names to itself
  }
}
