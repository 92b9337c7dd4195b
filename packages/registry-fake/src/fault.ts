import { setTimeout as delay } from "node:timers/promises";
import { emptyAnswer, errorAnswer, type FakeAnswer, type FakeRequest, type Fault } from "./exchange.ts";

/** `fault`, for the requests alone whose `"<METHOD> <path>"` matches. */
export function when(pattern: RegExp, fault: Fault): Fault {
  return async (request, next) =>
    pattern.test(`${request.method} ${request.path}`) ? await fault(request, next) : await next(request);
}

/** `fault`, for the first `count` requests that reach it. */
export function times(count: number, fault: Fault): Fault {
  let left = count;
  return async (request, next) => {
    left -= 1;
    return left >= 0 ? await fault(request, next) : await next(request);
  };
}

/** Answers with `code` and `body`, whatever was asked. */
export function status(code: number, body = "", headers: FakeAnswer["headers"] = {}): Fault {
  const bytes = new TextEncoder().encode(body);
  return async () => ({
    status: code,
    headers: { "content-length": String(bytes.byteLength), ...headers },
    body: bytes,
  });
}

/** The true answer, with other headers; an empty value takes a header away. */
export function withHeaders(headers: FakeAnswer["headers"]): Fault {
  return async (request, next) => {
    const answer = await next(request);
    const all = Object.entries({ ...answer.headers, ...headers }).filter(([, value]) => value !== "");
    return { ...answer, headers: Object.fromEntries(all) };
  };
}

/** The true bytes, under a digest that is not theirs. */
export function lyingDigest(digest: string): Fault {
  return withHeaders({ "docker-content-digest": digest });
}

/** The true answer, `milliseconds` later. */
export function slow(milliseconds: number): Fault {
  return async (request, next) => {
    await delay(milliseconds);
    return await next(request);
  };
}

/** No answer at all: the connection is cut. */
export function dropConnection(): Fault {
  return async () => {
    throw new Error("cut");
  };
}

/** The first `count` requests are too many; then the truth. `retryAfter` is seconds or a date, as the header has it. */
export function tooManyRequests({
  retryAfter,
  count,
}: {
  readonly retryAfter?: string;
  readonly count: number;
}): Fault {
  const headers = retryAfter === undefined ? {} : { "retry-after": retryAfter };
  return times(count, async () => errorAnswer(429, { code: "TOOMANYREQUESTS", message: "too many requests" }, headers));
}

/**
 * Sends clients on, to the same path at an origin or to a URL of the test's making. Those who only read are sent on where
 * they would have got what they asked for, so that neither a challenge nor a 404 is lost.
 */
export function redirectTo(
  target: string | ((request: FakeRequest) => string),
  code: 301 | 302 | 303 | 307 | 308 = 307,
): Fault {
  const locate = typeof target === "string" ? ({ path }: FakeRequest) => target + path : target;
  return async (request, next) => {
    const answer = ["GET", "HEAD"].includes(request.method) ? await next(request) : undefined;
    return answer === undefined || answer.status < 300 ? emptyAnswer(code, { location: locate(request) }) : answer;
  };
}

/** Sends those who ask for a blob to the same path at `origin`. */
export function redirectBlobsTo(origin: string, code: 301 | 302 | 303 | 307 | 308 = 307): Fault {
  return when(/^(?:GET|HEAD) \/v2\/.+\/blobs\//, redirectTo(origin, code));
}
