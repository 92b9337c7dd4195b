/** The same bytes in blocks of their own memory, all but the last of `blockSize`, fit to be handed to another thread. */
export async function* blocksOf(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let block = new Uint8Array(blockSize);
  let filled = 0;
  for await (const chunk of source) {
    for (let rest = chunk; rest.byteLength > 0; ) {
      const part = rest.subarray(0, blockSize - filled);
      block.set(part, filled);
      filled += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (filled < blockSize) continue;
      yield block;
      block = new Uint8Array(blockSize);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

/** A message between threads costs as much as copying some KiB; blocks make it disappear. */
const blockSize = 256 * 1024;
