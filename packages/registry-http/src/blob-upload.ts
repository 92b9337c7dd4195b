import type { Digest } from "@stowage/oci";
import { RegistryUnavailableError } from "@stowage/registry";
import type { HostCall } from "./call.ts";
import { flawedAnswer } from "./flawed-answer.ts";
import { innerAddressFlaw } from "./inner-address.ts";
import { takeBackMilliseconds } from "./limits.ts";
import { describeAnswer, refusalOf } from "./refusal.ts";
import type { RegistryClient } from "./registry-client.ts";
import { type HttpAnswer, type HttpMethod, type HttpRequest, headerOf } from "./transport.ts";

/** What to send to an upload. */
export interface UploadRequest {
  readonly method: HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the body, once for each time that it is sent. */
  readonly body?: () => AsyncIterable<Uint8Array>;
  /** Added to the query. */
  readonly query?: string;
  readonly statuses: readonly number[];
}

/**
 * An upload that a registry has begun (OCI distribution-spec, "Pushing Blobs"). Each answer may say where the next request
 * goes; where that is another origin, no Authorization goes along.
 */
export class BlobUpload {
  readonly #client: RegistryClient;
  readonly #call: HostCall;
  #url: URL;
  #isClosed = false;
  /** Bytes of the shortest chunk that the registry takes, if it says so (`OCI-Chunk-Min-Length`). */
  readonly leastChunk: number | undefined;

  constructor(client: RegistryClient, call: HostCall, begun: HttpAnswer) {
    this.#client = client;
    this.#call = call;
    this.#url = locationOf(call, begun);
    const least = Number(headerOf(begun, "oci-chunk-min-length"));
    this.leastChunk = Number.isSafeInteger(least) && least > 0 ? least : undefined;
  }

  /** One answer, whose body nobody needs. A registry that forgot the upload is `unavailable`: it is to be begun again. */
  async send({ statuses, ...request }: UploadRequest): Promise<HttpAnswer> {
    const answer = await this.#sendAuthorized(this.#call, request);
    if (answer.status === 404 || answer.status === 410) {
      this.#isClosed = true;
      throw await forgotten(this.#call, answer);
    }
    if (!statuses.includes(answer.status)) throw await refusalOf(this.#call, answer);
    answer.discard();
    if (answer.status < 300 && headerOf(answer, "location") !== undefined) this.#url = locationOf(this.#call, answer);
    return answer;
  }

  /** Ends it: what it has got is the blob `digest`, together with the body of this request. */
  async close(digest: Digest, request: Pick<UploadRequest, "headers" | "body"> = {}): Promise<HttpAnswer> {
    const query = `digest=${encodeURIComponent(digest)}`;
    const answer = await this.send({ ...request, method: "PUT", query, statuses: [200, 201, 204] });
    this.#isClosed = true;
    return answer;
  }

  /** Whether there is nothing to take back any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Has the registry forget it, as well as that goes, also after the caller has left. */
  async takeBack(): Promise<void> {
    const { options, ...call } = this.#call;
    const deadline = AbortSignal.timeout(takeBackMilliseconds);
    try {
      const own = { ...call, options: { ...options, signal: undefined }, deadline };
      (await this.#sendAuthorized(own, { method: "DELETE" })).discard();
    } catch {
      // what the caller wants to know is why it failed: registries drop by themselves what nobody goes on with
    }
  }

  async #sendAuthorized(call: HostCall, request: Omit<UploadRequest, "statuses">): Promise<HttpAnswer> {
    const { authorizer } = this.#client;
    const isOwn = this.#url.origin === call.host.url.origin;
    const answer = await this.#sendOnce(call, request, isOwn ? authorizer.find(call) : undefined);
    if (!authorizer.mayRenew(call, answer)) return answer;
    const renewed = await authorizer.renew(call, answer);
    answer.discard();
    return await this.#sendOnce(call, request, renewed);
  }

  async #sendOnce(
    call: HostCall,
    { method, headers, body, query }: Omit<UploadRequest, "statuses">,
    authorization: HttpRequest["authorization"],
  ): Promise<HttpAnswer> {
    const request = { method, url: withQuery(this.#url, query), authorization, ...(headers && { headers }) };
    return await this.#client.send(call, body === undefined ? request : { ...request, body: body() });
  }
}

/** Where the next request goes. It is not named in messages: it is often a signed URL, which is a secret. */
function locationOf(call: HostCall, answer: HttpAnswer): URL {
  const { url } = answer.request;
  const location = headerOf(answer, "location");
  const next = location === undefined ? null : URL.parse(location, url);
  if (next === null || !["https:", "http:"].includes(next.protocol)) {
    throw flawedAnswer(call, answer, "it does not say where the upload goes on");
  }
  if (next.protocol === "http:" && [url.protocol, call.host.url.protocol].includes("https:")) {
    throw flawedAnswer(call, answer, `it sends the upload from https to plain http at ${next.host}`);
  }
  const flaw = innerAddressFlaw(next, call.host.url);
  if (flaw !== undefined) throw flawedAnswer(call, answer, `it sends the upload inward: ${flaw}`);
  return next;
}

/** As a text, so that what the registry has put into the query stays as it wrote it. */
function withQuery(url: URL, query: string | undefined): URL {
  if (query === undefined) return url;
  const changed = new URL(url);
  changed.search = url.search === "" ? query : `${url.search}&${query}`;
  return changed;
}

async function forgotten(call: HostCall, answer: HttpAnswer): Promise<RegistryUnavailableError> {
  const reason = `it does not know the upload any more: ${await describeAnswer(call, answer)}`;
  return new RegistryUnavailableError(call.action, [{ host: answer.request.url.host, status: answer.status, reason }]);
}
