import { setTimeout as delay } from "node:timers/promises";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { FakeAnswer, Fault } from "./exchange.ts";

/** The true answer with other bytes, its content-length adjusted. */
export function withBody(body: Uint8Array): Fault {
  return async (request, next) => {
    return withBytes(await next(request), body);
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

/** The true answer in small pieces, twenty a second. */
export function trickle(bytesPerSecond: number): Fault {
  return async (request, next) => {
    const answer = await next(request);
    return answer.body instanceof Uint8Array ? { ...answer, body: pieces(answer.body, bytesPerSecond / 20) } : answer;
  };
}

/** The true body with the byte at `at` changed, so that its length is right and its digest is not. */
export function badBody(at = 0): Fault {
  return mapped((body) => body.map((byte, index) => (index === at ? byte ^ 0xff : byte)));
}

/** The true body in a content coding, under its name (RFC 9110, section 8.4); one that is unknown here is only a name. */
export function contentEncoding(name: string): Fault {
  const encode = encoders[name] ?? ((body: Uint8Array) => body);
  return async (request, next) => {
    const answer = await mapped(encode)(request, next);
    return { ...answer, headers: { ...answer.headers, "content-encoding": name } };
  };
}

const encoders: Readonly<Record<string, (body: Uint8Array) => Uint8Array>> = {
  br: (body) => brotliCompressSync(body),
  deflate: (body) => deflateSync(body),
  gzip: (body) => gzipSync(body),
  zstd: (body) => zstdCompressSync(body),
};

/** The true answer, its body put through `change`. */
function mapped(change: (body: Uint8Array) => Uint8Array): Fault {
  return async (request, next) => {
    const answer = await next(request);
    return answer.body instanceof Uint8Array ? withBytes(answer, change(answer.body)) : answer;
  };
}

function withBytes(answer: FakeAnswer, body: Uint8Array): FakeAnswer {
  return { ...answer, headers: { ...answer.headers, "content-length": String(body.byteLength) }, body };
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const step = Math.max(1, Math.floor(size));
  for (let start = 0; start < bytes.byteLength; start += step) {
    yield bytes.subarray(start, start + step);
    await delay((1000 * step) / (20 * size));
  }
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
