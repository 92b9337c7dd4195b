import { cutAfter, type FakeRegistry, type FakeRequest, type Fault, status } from "@stowage/registry-fake";

/** Serves a blob up to `offset`: there the connection is cut, and what begins behind it is not found. */
export function endingAt(offset: number): Fault {
  return async (request, next) => {
    const start = startOf(request);
    if (start >= offset) return await status(404)(request, next);
    return await cutAfter(offset - start)(request, next);
  };
}

/** Where the range begins that a request asks for; 0 where it asks for everything. */
export function startOf({ headers }: FakeRequest): number {
  return Number(/^bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0);
}

/** Counts the bytes of all blobs that a registry sends from now on. */
export function countBlobBytes(registry: FakeRegistry): () => number {
  let sent = 0;
  registry.wrap(async (request, next) => {
    const answer = await next(request);
    if (request.method !== "GET" || !request.path.includes("/blobs/")) return answer;
    const count = (bytes: Uint8Array): void => {
      sent += bytes.byteLength;
    };
    return { ...answer, body: counted(answer.body, count) };
  });
  return () => sent;
}

/** In pieces that a connection takes at once, so that only what went out is counted. */
async function* counted(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  count: (bytes: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  const blocks = body instanceof Uint8Array ? [body] : body;
  for await (const block of blocks) {
    for (let at = 0; at < block.byteLength; at += pieceBytes) {
      const piece = block.subarray(at, at + pieceBytes);
      count(piece);
      yield piece;
    }
  }
}

const pieceBytes = 64 * 1024;
