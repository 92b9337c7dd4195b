/**
 * The same bytes in blocks of their own memory, fit to be handed to another thread: the first of `firstBlockSize`, the
 * others of `blockSize`, but for what is left at the end.
 */
export async function* blocksOf(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let block = new Uint8Array(firstBlockSize);
  let filled = 0;
  for await (const chunk of source) {
    for (let rest = chunk; rest.byteLength > 0; ) {
      const part = rest.subarray(0, block.byteLength - filled);
      block.set(part, filled);
      filled += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (filled < block.byteLength) continue;
      yield block;
      block = new Uint8Array(blockSize);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

/** A layer of a few files fits into it, and need not pay for the memory of a large one. */
export const firstBlockSize: number = 16 * 1024;

/** A message between threads costs as much as copying some KiB; blocks make it disappear. */
const blockSize = 256 * 1024;
