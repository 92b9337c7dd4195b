/** The bytes of a source without the first `from`. */
export async function* bytesFromOffset(
  source: AsyncIterable<Uint8Array>,
  from: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = from;
  for await (const chunk of source) {
    if (left < chunk.byteLength) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.byteLength);
  }
}
