import type { IncomingHttpHeaders } from "node:http";

/** A request as it came, its body read to the end. It is what `requests` keeps, too. */
export interface FakeRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer before it is sent. Where the body throws, the connection is cut; without a content-length it goes out chunked. */
export interface FakeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

export type Handler = (request: FakeRequest) => Promise<FakeAnswer>;

/** Stands around the real handler: it may change the request's answer, give another one, or wait. */
export type Fault = (request: FakeRequest, next: Handler) => Promise<FakeAnswer>;

export function bytesAnswer(bytes: Uint8Array, headers: Readonly<Record<string, string>> = {}): FakeAnswer {
  return { status: 200, headers: { "content-length": String(bytes.byteLength), ...headers }, body: bytes };
}

export function jsonAnswer(status: number, value: unknown, headers: FakeAnswer["headers"] = {}): FakeAnswer {
  const body = new TextEncoder().encode(JSON.stringify(value));
  return {
    status,
    headers: { "content-type": "application/json", "content-length": String(body.byteLength), ...headers },
    body,
  };
}

/** An error in the registry's own form (OCI distribution-spec, "Error Codes"). */
export function errorAnswer(
  status: number,
  { code, message }: { readonly code: string; readonly message: string },
  headers: FakeAnswer["headers"] = {},
): FakeAnswer {
  return jsonAnswer(status, { errors: [{ code, message }] }, headers);
}
