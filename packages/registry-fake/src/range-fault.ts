import type { FakeRequest, Fault } from "./exchange.ts";

/** Knows no ranges: whoever asks for one gets everything. */
export function withoutRanges(): Fault {
  return async (request, next) => {
    const answer = await next(withoutHeaders(request, ["range", "if-range"]));
    const { "accept-ranges": _, ...headers } = answer.headers;
    return { ...answer, headers };
  };
}

/** The true part of a blob, said to begin and end `shift` bytes further on. */
export function wrongContentRange(shift: number): Fault {
  return async (request, next) => {
    const answer = await next(request);
    const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(String(answer.headers["content-range"])) ?? [];
    if (start === undefined || end === undefined) return answer;
    const moved = `bytes ${Number(start) + shift}-${Number(end) + shift}/${size}`;
    return { ...answer, headers: { ...answer.headers, "content-range": moved } };
  };
}

/** From the second request for a path on, its entity tag is another one, which an `If-Range` of the first does not meet. */
export function changedEtag(): Fault {
  const seen = new Set<string>();
  return async (request, next) => {
    if (!seen.has(request.path)) {
      seen.add(request.path);
      return await next(request);
    }
    const isForOther = (request.headers["if-range"] ?? changed) !== changed;
    const answer = await next(withoutHeaders(request, isForOther ? ["range", "if-range"] : ["if-range"]));
    return { ...answer, headers: { ...answer.headers, etag: changed } };
  };
}

const changed = '"changed"';

function withoutHeaders(request: FakeRequest, names: readonly string[]): FakeRequest {
  const headers = Object.entries(request.headers).filter(([name]) => !names.includes(name));
  return { ...request, headers: Object.fromEntries(headers) };
}
