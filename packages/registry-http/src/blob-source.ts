import { type Descriptor, quoteText } from "@stowage/oci";
import { type HostFailure, RegistryError, RegistryUnavailableError } from "@stowage/registry";
import { askHost } from "./ask-host.ts";
import type { BlockPool } from "./block-pool.ts";
import type { Call, PlacedCall } from "./call.ts";
import { formatRange, parseContentRange } from "./content-range.ts";
import { askForeign } from "./foreign-url.ts";
import { overHosts } from "./over-hosts.ts";
import type { RegistryClient } from "./registry-client.ts";
import { type HttpAnswer, headerOf } from "./transport.ts";

export interface Span {
  readonly start: number;
  /** Not in it. */
  readonly end: number;
}

/** Bytes of a blob as one host sends them. */
export interface BlobPart {
  /** The host that was asked, from wherever the bytes come. */
  readonly host: string;
  /** Where they end. */
  readonly end: number;
  /** The bytes from the start of the span that was asked for up to `end`, no more; less, where they are cut off. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Where the bytes of one blob come from: its hosts, and what was learned of them on the way. A host that contradicts itself
 * or the descriptor is struck, and not asked for this blob any more.
 */
export class BlobSource {
  readonly #client: RegistryClient;
  readonly #call: Call;
  readonly #want: Pick<Descriptor, "digest" | "size">;
  readonly #foreignUrls: readonly string[];
  readonly #pool: BlockPool | undefined;
  readonly #mirrors: Set<string> | undefined;
  readonly #struck = new Map<string, RegistryError>();
  /** By host: where it sent the last request on to, and the tag of what it has. */
  readonly #sentOn = new Map<string, URL>();
  readonly #tags = new Map<string, string>();
  /** By host, how it cut off the last time what it was sending. */
  readonly #cuts = new Map<string, HostFailure>();
  #sendsAll = false;

  constructor(client: RegistryClient, call: Call, { want, foreignUrls, pool, mirrors, avoid }: BlobSourceOptions) {
    this.#client = client;
    this.#call = call;
    this.#want = want;
    this.#foreignUrls = foreignUrls;
    this.#pool = pool;
    this.#mirrors = mirrors;
    for (const host of avoid ?? []) this.#strike({ host, reason: "it sent other bytes before" });
  }

  /** Begins to fetch a span from the first host that has it. One that knows no ranges sends all up to `end` at once. */
  async open(span: Span, end: number): Promise<BlobPart> {
    const ask = async (call: PlacedCall): Promise<BlobPart> =>
      this.#noted(call, this.#partOf(await this.#ask(call, span), { span, end, host: call.host.url.host }));
    try {
      const asking = { capability: "pull", recent: true, struck: this.#struck, ask } as const;
      return await overHosts(this.#client, this.#call, asking);
    } catch (error) {
      const headers = this.#headers(span);
      const answer = await askForeign(this.#client, this.#call, { error, urls: this.#foreignUrls, headers });
      return this.#partOf(answer, { span, end, host: answer.request.url.host });
    }
  }

  #noted({ host }: PlacedCall, part: BlobPart): BlobPart {
    if (host.role === "mirror") this.#mirrors?.add(host.url.host);
    return part;
  }

  /** Whether the last range that was asked for was answered with everything. */
  get sendsAll(): boolean {
    return this.#sendsAll;
  }

  /** What `host` sent was cut off: it is asked last from now on. Returns what became so of all hosts, where that is known. */
  cutOff(host: string, error: RegistryUnavailableError | undefined): RegistryUnavailableError | undefined {
    const { action, options } = this.#call;
    this.#client.shunned.shun(host);
    for (const failure of error?.failures ?? []) {
      this.#cuts.set(failure.host, failure);
      options.onEvent?.({ kind: "failed", host: failure.host, reason: failure.reason });
    }
    return this.#cuts.size < 2
      ? error
      : new RegistryUnavailableError(action, [...this.#cuts.values()], { cause: error });
  }

  async #ask(call: PlacedCall, span: Span): Promise<HttpAnswer> {
    const { host } = call.host.url;
    const answer = await askHost(this.#client, call, {
      path: `blobs/${this.#want.digest}`,
      headers: this.#headers(span),
      known: this.#sentOn.get(host),
      statuses: [200, 206, 416],
      pool: this.#pool,
    });
    if (answer.request.url.origin === call.host.url.origin) this.#sentOn.delete(host);
    else this.#sentOn.set(host, answer.request.url);
    return answer;
  }

  /** A whole blob is asked for without a range: there are servers that do not know what to do with one. */
  #headers({ start, end }: Span): Readonly<Record<string, string>> {
    const isWhole = start === 0 && end === this.#want.size;
    return { accept: "*/*", ...(isWhole ? {} : { range: formatRange(start, end) }) };
  }

  #partOf(answer: HttpAnswer, { span, end, host }: Opening): BlobPart {
    const isRanged = answer.status === 206;
    if (span.end - span.start < this.#want.size) this.#sendsAll = !isRanged;
    const coming = isRanged ? span : { start: 0, end: this.#want.size };
    const flaw = this.#flawOf(answer, coming);
    if (flaw === undefined) {
      const upTo = isRanged ? span.end : end;
      const within = { start: span.start - coming.start, end: upTo - coming.start };
      const isAll = within.start === 0 && upTo === coming.end && headerOf(answer, "content-length") !== undefined;
      return { host, end: upTo, body: isAll ? answer.body : cutOut(answer.body, within) };
    }
    answer.discard();
    throw this.#strike({ host, status: answer.status, reason: flaw });
  }

  #strike(failure: HostFailure): RegistryError {
    const { action } = this.#call;
    const error = new RegistryError({ code: "failed-precondition", action, failures: [failure] });
    this.#struck.set(failure.host, error);
    return error;
  }

  #flawOf(answer: HttpAnswer, coming: Span): string | undefined {
    return (
      this.#statusFlaw(answer) ??
      this.#encodingFlaw(answer) ??
      this.#tagFlaw(answer) ??
      this.#lengthFlaw(answer, coming)
    );
  }

  /** There is no such range in what the host has, and there is one in the blob (RFC 9110, section 15.5.17). */
  #statusFlaw({ status }: HttpAnswer): string | undefined {
    return status === 416 ? "it answers 416 Range Not Satisfiable" : undefined;
  }

  /** Digests are of what is stored, and nothing is decoded here. */
  #encodingFlaw(answer: HttpAnswer): string | undefined {
    const encoding = headerOf(answer, "content-encoding") ?? "identity";
    return encoding.toLowerCase() === "identity" ? undefined : `it sends it in Content-Encoding ${quoteText(encoding)}`;
  }

  /** Two strong tags of one server for one blob mean two different blobs (RFC 9110, section 8.8.3). */
  #tagFlaw(answer: HttpAnswer): string | undefined {
    const { origin } = answer.request.url;
    const tag = headerOf(answer, "etag");
    if (tag === undefined || tag.startsWith("W/")) return undefined;
    const known = this.#tags.get(origin) ?? tag;
    this.#tags.set(origin, known);
    return known === tag ? undefined : "it changed what it sends on the way, by its ETag";
  }

  #lengthFlaw(answer: HttpAnswer, span: Span): string | undefined {
    const wanted = span.end - span.start;
    const length = Number(headerOf(answer, "content-length") ?? wanted);
    if (length !== wanted) return `it has ${length} bytes for it, by its Content-Length, and not ${wanted}`;
    if (answer.status !== 206) return undefined;
    const told = headerOf(answer, "content-range") ?? "";
    const range = parseContentRange(told);
    const fits =
      range?.start === span.start && range.end === span.end && (range.size ?? this.#want.size) === this.#want.size;
    return fits ? undefined : `it was asked for ${formatRange(span.start, span.end)} and sends ${quoteText(told)}`;
  }
}

interface Opening {
  readonly span: Span;
  readonly end: number;
  readonly host: string;
}

export interface BlobSourceOptions {
  readonly want: Pick<Descriptor, "digest" | "size">;
  readonly foreignUrls: readonly string[];
  readonly pool?: BlockPool | undefined;
  readonly mirrors?: Set<string> | undefined;
  readonly avoid?: ReadonlySet<string> | undefined;
}

/** The bytes of `source` within `span`. What comes after them is not read, which costs the connection. */
async function* cutOut(source: AsyncIterable<Uint8Array>, { start, end }: Span): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const block of source) {
    const part = block.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += block.byteLength;
    if (part.byteLength > 0) yield part;
    if (at >= end) return;
  }
}
