import type { Secret } from "@stowage/auth";
import type { Dispatcher } from "undici";
import { type Call, signalOf } from "./call.ts";
import { maxDiscardedBytes, type Timeouts } from "./limits.ts";
import { asRegistryError } from "./transport-error.ts";

export interface HttpRequest {
  readonly url: URL;
  /** Whom the call is to, at whatever URL that led here. */
  readonly registry: URL;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  /** The Authorization header, kept apart because it must not travel with the rest. */
  readonly authorization?: Secret | undefined;
  readonly body?: string;
}

/** An answer whose body has yet to be read or discarded. */
export interface HttpAnswer {
  readonly request: HttpRequest;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The bytes as they arrive; whoever leaves it early cancels the request. Fails as `asRegistryError` says. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of the body without reading it. */
  discard(): void;
}

/** One request and its answer, whatever its status: no redirects, no retries. */
export type Send = (call: Call, request: HttpRequest) => Promise<HttpAnswer>;

/** The one place where requests leave: all go through `dispatcher`, named by `userAgent`. */
export function createTransport(
  dispatcher: Dispatcher,
  { userAgent, timeouts }: { readonly userAgent: string; readonly timeouts: Timeouts },
): Send {
  const limits = { headersTimeout: timeouts.headers, bodyTimeout: timeouts.body };
  return async (call, request) => {
    call.options.signal?.throwIfAborted();
    const { url, method = "GET", headers, authorization, body = null } = request;
    try {
      const response = await dispatcher.request({
        ...limits,
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: {
          "user-agent": userAgent,
          "accept-encoding": "identity",
          ...headers,
          ...(authorization === undefined ? {} : { authorization: authorization.reveal() }),
        },
        body,
        signal: signalOf(call) ?? null,
      });
      return answerOf(call, request, response);
    } catch (error) {
      throw asRegistryError(error, call, url.host);
    }
  };
}

/** The first value of a header. */
export function headerOf({ headers }: HttpAnswer, name: string): string | undefined {
  return headersOf({ headers }, name)[0];
}

/** Every value of a header, in order. */
export function headersOf({ headers }: Pick<HttpAnswer, "headers">, name: string): readonly string[] {
  const value = headers[name];
  return value === undefined || typeof value === "string" ? [value ?? ""].filter((text) => text !== "") : value;
}

/** Up to `limit` bytes of a body, and whether that is all of it; what follows is not read. */
export async function readAtMost(
  body: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<{ readonly bytes: Uint8Array; readonly whole: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > limit) return { bytes: Buffer.concat(chunks).subarray(0, limit), whole: false };
  }
  return { bytes: Buffer.concat(chunks), whole: true };
}

function answerOf(call: Call, request: HttpRequest, response: Dispatcher.ResponseData): HttpAnswer {
  return {
    request,
    status: response.statusCode,
    headers: response.headers,
    body: arriving(call, request, response.body),
    // In the background: nothing waits for bytes that nobody wants, and that they fail to come is no news.
    discard: () => void response.body.dump({ limit: maxDiscardedBytes }).catch(() => undefined),
  };
}

async function* arriving(
  call: Call,
  { url }: HttpRequest,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw asRegistryError(error, call, url.host);
  }
}
