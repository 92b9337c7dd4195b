/** Raw bytes as text, one character a byte. */
export function decodeLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** The bytes of such text. */
export function encodeLatin1(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** A fixed field: what stands before its first NUL. */
export function decodeField(block: Uint8Array, start: number, length: number): string {
  const nul = block.indexOf(0, start);
  const end = nul === -1 ? start + length : Math.min(nul, start + length);
  return decodeLatin1(block.subarray(start, end));
}
