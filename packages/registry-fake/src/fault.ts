import { setTimeout as delay } from "node:timers/promises";
import type { FakeAnswer, Fault } from "./exchange.ts";

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

/** The true answer with other bytes, its content-length adjusted. */
export function withBody(body: Uint8Array): Fault {
  return async (request, next) => {
    const answer = await next(request);
    return { ...answer, headers: { ...answer.headers, "content-length": String(body.byteLength) }, body };
  };
}

/** The first `bytes` of the true answer under its full content-length; then the connection is cut. */
export function cutAfter(bytes: number): Fault {
  return async (request, next) => {
    const answer = await next(request);
    return answer.body instanceof Uint8Array ? { ...answer, body: cut(answer.body.subarray(0, bytes)) } : answer;
  };
}

/** The first `bytes` of the true answer; then nothing comes any more, and nothing ends. */
export function stallAfter(bytes: number): Fault {
  return async (request, next) => {
    const answer = await next(request);
    return answer.body instanceof Uint8Array ? { ...answer, body: stall(answer.body.subarray(0, bytes)) } : answer;
  };
}

/** An answer like the true one whose body has no length and no end. */
export function endlessBody(filler = " "): Fault {
  return async (request, next) => {
    const answer = await next(request);
    const { "content-length": _, ...headers } = answer.headers;
    return { ...answer, headers, body: endless(filler) };
  };
}

/** The true answer, `milliseconds` later. */
export function slow(milliseconds: number): Fault {
  return async (request, next) => {
    await delay(milliseconds);
    return await next(request);
  };
}

/** Sends those who ask for a blob to the same path at `origin`. */
export function redirectBlobsTo(origin: string, code: 301 | 302 | 303 | 307 | 308 = 307): Fault {
  return when(/^\S+ \/v2\/.+\/blobs\//, async (request, next) => {
    const answer = await next(request);
    return answer.status === 200
      ? { status: code, headers: { location: origin + request.path }, body: new Uint8Array() }
      : answer;
  });
}

async function* cut(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
  await delay(20); // lets what was written reach the client, which a cut at once would take back
  throw new Error("cut");
}

async function* stall(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
  await new Promise(() => undefined);
}

async function* endless(filler: string): AsyncGenerator<Uint8Array> {
  const block = Buffer.alloc(64 * 1024, filler);
  while (true) yield block;
}
