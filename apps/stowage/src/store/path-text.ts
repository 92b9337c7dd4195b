/** A path that somebody writes, as trees have it: bytes as latin1. */
export function bytesOfPath(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** A path of a tree as text; of one that is no UTF-8, every byte that is not ASCII as `\xNN`. */
export function textOfPath(path: string): string {
  try {
    return decoder.decode(Buffer.from(path, "latin1"));
  } catch {
    return path.replaceAll(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
