import { bytesAnswer, emptyAnswer, type FakeAnswer, type FakeRequest } from "./exchange.ts";

/**
 * The bytes under a strong `etag`, or the one range of them that a GET asks for (RFC 9110, section 14): `bytes=a-b`,
 * `bytes=a-` or `bytes=-n`. Several ranges, or one that `If-Range` takes back, are answered with all the bytes.
 */
export function rangedAnswer(request: FakeRequest, bytes: Uint8Array, headers: BlobHeaders): FakeAnswer {
  const { byteLength: size } = bytes;
  const all = { "accept-ranges": "bytes", ...headers };
  const range = isWanted(request, headers.etag) ? readRange(request.headers.range ?? "", size) : undefined;
  if (range === undefined) return bytesAnswer(bytes, all);
  if (range.start > range.end) return emptyAnswer(416, { "content-range": `bytes */${size}` });
  const part = bytes.subarray(range.start, range.end + 1);
  const partial = bytesAnswer(part, { ...all, "content-range": `bytes ${range.start}-${range.end}/${size}` });
  return { ...partial, status: 206 };
}

/** Headers of a whole blob, its entity tag among them, quotes included. */
export type BlobHeaders = Readonly<Record<string, string>> & { readonly etag: string };

interface Range {
  readonly start: number;
  /** Inclusive, and within the bytes; before `start` where nothing satisfies the range. */
  readonly end: number;
}

function isWanted({ method, headers }: FakeRequest, etag: string): boolean {
  const condition = headers["if-range"];
  return method === "GET" && (condition === undefined || condition === etag);
}

function readRange(text: string, size: number): Range | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(text) ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "") return { start: Math.max(0, size - Number(last)), end: size - 1 };
  const end = last === "" ? size - 1 : Number(last);
  return end < Number(first) && last !== "" ? undefined : { start: Number(first), end: Math.min(size - 1, end) };
}
