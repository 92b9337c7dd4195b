/**
 * The CRC-64 of ISO 3309: x⁶⁴ + x⁴ + x³ + x + 1, reflected, ones before and after, as Go's hash/crc64 has it. So few terms need no
 * tables: what 32 bits do to the sum is three shifts of them.
 */
export class Crc64 {
  #high = -1;
  #low = -1;

  update(bytes: Uint8Array): void {
    const { byteLength } = bytes;
    const misaligned = Math.min(byteLength, (4 - (bytes.byteOffset % 4)) % 4);
    this.#take(bytes, 0, misaligned);
    const words = (byteLength - misaligned) >> 2;
    if (words > 0) this.#takeWords(new Int32Array(bytes.buffer, bytes.byteOffset + misaligned, words));
    this.#take(bytes, misaligned + words * 4, byteLength);
  }

  /** The sum of all so far, 8 bytes, the highest first. */
  digest(): Uint8Array {
    const sum = new Uint8Array(8);
    const view = new DataView(sum.buffer);
    view.setInt32(0, ~this.#high);
    view.setInt32(4, ~this.#low);
    return sum;
  }

  #take(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; at += 1) {
      const byte = (this.#low ^ (bytes[at] ?? 0)) & 0xff;
      this.#low = (this.#low >>> 8) | (this.#high << 24);
      this.#high = (this.#high >>> 8) ^ (byte << 24) ^ (byte << 23) ^ (byte << 21) ^ (byte << 20);
    }
  }

  /** Of a machine whose lowest byte comes first, as all are that stowage runs on. */
  #takeWords(words: Int32Array): void {
    let high = this.#high;
    let low = this.#low;
    for (let at = 0; at < words.length; at += 1) {
      const mixed = low ^ (words[at] ?? 0);
      low = high ^ (mixed << 31) ^ (mixed << 29) ^ (mixed << 28);
      high = mixed ^ (mixed >>> 1) ^ (mixed >>> 3) ^ (mixed >>> 4);
    }
    this.#high = high;
    this.#low = low;
  }
}
