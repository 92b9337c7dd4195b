import type { IncomingHttpHeaders } from "node:http";

/** A request as it came, its body read to the end. It is what `requests` keeps, too. */
export interface FakeRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Uint8Array;
  /** `bytes` as text. */
  readonly body: string;
  /** The common name of the certificate that the client showed. */
  readonly clientCertificate?: string;
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

/** An answer that says all with its status and headers; a 204 has no length (RFC 9110, section 8.6). */
export function emptyAnswer(status: number, headers: FakeAnswer["headers"] = {}): FakeAnswer {
  const length = status === 204 ? {} : { "content-length": "0" };
  return { status, headers: { ...length, ...headers }, body: new Uint8Array() };
}

export function jsonAnswer(status: number, value: unknown, headers: FakeAnswer["headers"] = {}): FakeAnswer {
  const body = new TextEncoder().encode(JSON.stringify(value));
  return {
    status,
    headers: { "content-type": "application/json", "content-length": String(body.byteLength), ...headers },
    body,
  };
}

/** The path of a request without its query, and the query. */
export function targetOf({ path }: Pick<FakeRequest, "path">): {
  readonly pathname: string;
  readonly query: URLSearchParams;
} {
  const [pathname = "", query = ""] = path.split(/\?(.*)/s, 2);
  return { pathname, query: new URLSearchParams(query) };
}

/** An error in the registry's own form (OCI distribution-spec, "Error Codes"). */
export function errorAnswer(
  status: number,
  { code, message }: { readonly code: string; readonly message: string },
  headers: FakeAnswer["headers"] = {},
): FakeAnswer {
  return jsonAnswer(status, { errors: [{ code, message }] }, headers);
}
