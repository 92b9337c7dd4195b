import type { DataCall } from "./file-call.ts";

/** What became of a call on a file's data: `zeros` has its length and not its bytes, a slice only a part of them. */
export type DataFate = "kept" | "lost" | "zeros" | { readonly from: number; readonly to: number };

/** The content of a file that was `start`, after calls of which each had its fate. */
export function contentAfter(
  start: Uint8Array,
  calls: readonly DataCall[],
  fateOf: (index: number) => DataFate = () => "kept",
): Uint8Array {
  const content = new GrowingBytes(start);
  for (const [index, call] of calls.entries()) apply(content, call, fateOf(index));
  return content.bytes;
}

function apply(content: GrowingBytes, call: DataCall, fate: DataFate): void {
  if (fate === "lost") return;
  if (call.kind === "truncate") content.resize(call.size);
  else if (call.kind === "allocate") content.grow(call.size);
  else if (fate === "zeros") content.grow(call.offset + call.bytes.byteLength);
  else {
    const { from, to } = fate === "kept" ? { from: 0, to: call.bytes.byteLength } : fate;
    if (to > from) content.write(call.bytes.subarray(from, to), call.offset + from);
  }
}

/** Grows by doubling, so that many small appends stay cheap. */
class GrowingBytes {
  #buffer: Uint8Array;
  #size: number;

  constructor(start: Uint8Array) {
    this.#buffer = start.slice();
    this.#size = start.byteLength;
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#size);
  }

  write(bytes: Uint8Array, offset: number): void {
    this.grow(offset + bytes.byteLength);
    this.#buffer.set(bytes, offset);
  }

  grow(size: number): void {
    if (size > this.#size) this.resize(size);
  }

  resize(size: number): void {
    if (size > this.#buffer.byteLength) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#buffer.byteLength));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    if (size < this.#size) this.#buffer.fill(0, size, this.#size);
    this.#size = size;
  }
}
