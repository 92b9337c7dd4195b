/** What a part of a representation is of it: bytes `start` to `end`, which is not in it, of `size` in all where that is known. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
  readonly size: number | undefined;
}

/**
 * Reads a Content-Range header (RFC 9110, section 14.4), `bytes 0-99/1000` or `bytes 0-99/*`; `undefined` for everything else,
 * also for a range that ends before it begins or beyond the size.
 */
export function parseContentRange(text: string): ContentRange | undefined {
  const [, first, last, complete = "*"] = /^\s*bytes\s+(\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)\s*$/i.exec(text) ?? [];
  const range = { start: Number(first), end: Number(last) + 1, size: complete === "*" ? undefined : Number(complete) };
  return isSound(range) ? range : undefined;
}

function isSound({ start, end, size = end }: ContentRange): boolean {
  return [start, end, size].every(Number.isSafeInteger) && start < end && end <= size;
}

/** The value of a Range header for bytes from `start` up to, not including, `end`. */
export function formatRange(start: number, end: number): string {
  return `bytes=${start}-${end - 1}`;
}
