import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { Secret } from "@stowage/auth";
import type { HostTrust, RegistryHost } from "@stowage/registry";
import { Arrival } from "./arrival.ts";
import type { BlockPool } from "./block-pool.ts";
import { type HostCall, signalOf } from "./call.ts";
import type { Dispatchers } from "./dispatchers.ts";
import type { Rate, Timeouts } from "./limits.ts";
import { quotableHeaders } from "./quotable-headers.ts";
import { traceRequest } from "./tracing.ts";
import { asRegistryError } from "./transport-error.ts";

export interface HttpRequest {
  readonly url: URL;
  readonly method?: HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  /** The Authorization header, kept apart because it must not travel with the rest. */
  readonly authorization?: Secret | undefined;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** What the body of its answer is to arrive in; new blocks, where nothing is said. */
  readonly pool?: BlockPool | undefined;
}

export type HttpMethod = "GET" | "HEAD" | "POST" | "PATCH" | "PUT" | "DELETE";

/** An answer whose body has yet to be read or discarded. */
export interface HttpAnswer {
  readonly request: HttpRequest;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The bytes as they arrive; whoever leaves it early cancels the request. Fails as `asRegistryError` says. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of the body without reading it. */
  discard(): void;
}

/** One request and its answer, whatever its status: no redirects, no retries. */
export type Send = (call: HostCall, request: HttpRequest) => Promise<HttpAnswer>;

export interface TransportSettings {
  readonly userAgent: string;
  readonly timeouts: Timeouts;
  readonly leastRate: Rate;
}

/**
 * The one place where requests leave. What is configured for the call's host goes to its own origin alone; elsewhere, where
 * it sends its clients on to, only what it has to say of certificates counts too.
 */
export function createTransport(dispatchers: Dispatchers, settings: TransportSettings): Send {
  return async (call, request) =>
    await traceRequest(call, request, async () => {
      const { host } = request.url;
      try {
        call.options.onEvent?.({ kind: "asked", host });
        const arrival = startArrival(dispatchers, { call, request, settings });
        const { status, headers: told } = await arrival.head;
        call.options.onEvent?.({ kind: "answered", host });
        const headers = request.url.origin === call.host.url.origin ? quotableHeaders(told, call, request) : told;
        const body = arriving(call, request, arrival.body());
        return { request, status, headers, body, discard: () => arrival.discard() };
      } catch (error) {
        throw asRegistryError(error, call, host);
      }
    });
}

/** The first value of a header. */
export function headerOf({ headers }: Pick<HttpAnswer, "headers">, name: string): string | undefined {
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

interface Sending {
  readonly call: HostCall;
  readonly request: HttpRequest;
  readonly settings: TransportSettings;
}

function startArrival(dispatchers: Dispatchers, { call, request, settings }: Sending): Arrival {
  const { host } = call;
  const { url, method = "GET", body, pool } = request;
  const { connect, headers: headersTimeout, body: bodyTimeout } = settings.timeouts;
  const own = url.origin === host.url.origin;
  const arrival = new Arrival({
    rate: settings.leastRate,
    recycling: dispatchers.areOwn,
    pool,
    signal: signalOf(call),
  });
  const dispatcher = dispatchers.find({
    url,
    trust: own ? host.trust : trustElsewhere(host.trust, request),
    connectMilliseconds: host.connectMilliseconds ?? connect,
  });
  dispatcher.dispatch(
    {
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { ...headersFor(request, settings.userAgent), ...(own ? configuredHeaders(host) : {}) },
      body:
        body === undefined || typeof body === "string" || body instanceof Uint8Array
          ? (body ?? null)
          : Readable.from(body),
      headersTimeout,
      bodyTimeout,
    },
    arrival,
  );
  return arrival;
}

function headersFor({ headers, authorization }: HttpRequest, userAgent: string): Record<string, string> {
  return {
    "user-agent": userAgent,
    "accept-encoding": "identity",
    ...headers,
    ...(authorization === undefined ? {} : { authorization: authorization.reveal() }),
  };
}

function configuredHeaders({ headers = {} }: RegistryHost): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name.toLowerCase(), values.map((value) => value.reveal())]),
  );
}

/** By the trust it is of, so that what is pooled by it stays together. */
const elsewhere = new WeakMap<HostTrust, { readonly bare: HostTrust; readonly secret: HostTrust }>();

/** Where anything secret is sent, such as a password to a token server, a certificate has to be good in any case. */
function trustElsewhere(trust: HostTrust | undefined, { authorization, body }: HttpRequest): HostTrust | undefined {
  if (trust === undefined) return undefined;
  const bare = { ...trust, identities: [] };
  const known = elsewhere.get(trust) ?? { bare, secret: { ...bare, anyCertificate: false } };
  elsewhere.set(trust, known);
  return authorization === undefined && body === undefined ? known.bare : known.secret;
}

async function* arriving(
  call: HostCall,
  { url }: HttpRequest,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw asRegistryError(error, call, url.host);
  }
}
