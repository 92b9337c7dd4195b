import { StowageError } from "@stowage/errors";
import { ContentMismatchError, type Descriptor, isDigest, maxDocumentBytes, verified } from "@stowage/oci";
import { formatReference, formatRepository, type Reference } from "@stowage/reference";
import type { FetchedDocument, Registry, RegistryOptions, Repository } from "@stowage/registry";
import { Agent, type Dispatcher } from "undici";
import { createAuthorizer } from "./authorizer.ts";
import type { Call } from "./call.ts";
import { acceptDocuments, type Expected, lengthOf, readDocument, refuseEncoding } from "./document.ts";
import { defaultTimeouts, type Timeouts } from "./limits.ts";
import { createOrigins } from "./origin.ts";
import { get, type RegistryClient } from "./registry-client.ts";
import { createTransport, type HttpAnswer, type Send } from "./transport.ts";

export interface HttpRegistryOptions {
  /** What requests go through; whoever gives one ends it. By default an agent of its own, which disposing it ends. */
  readonly dispatcher?: Dispatcher | undefined;
  /** The domains that speak http, where a call does not say. By default none; this machine itself is tried with both. */
  readonly plainHttp?: ((domain: string) => boolean) | undefined;
  /** Hosts of token servers that are trusted with the credentials of any registry that names them. By default none. */
  readonly trustedRealms?: readonly string[] | undefined;
  readonly userAgent?: string | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** Milliseconds on a clock that never jumps, by which tokens end. */
  readonly now?: (() => number) | undefined;
}

export type HttpRegistry = Registry & AsyncDisposable;

/**
 * Every registry there is, over https (OCI distribution-spec, "Pull"). Connections and tokens are kept and used again until
 * it is disposed of, which cuts what is under way. Nothing is tried twice.
 */
export function openHttpRegistry(options: HttpRegistryOptions = {}): HttpRegistry {
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const { dispatcher = createAgent(timeouts) } = options;
  const client = createClient(dispatcher, timeouts, options);
  const deadline = (): AbortSignal => AbortSignal.timeout(timeouts.document);
  return {
    resolve: async (reference, callOptions = {}) => {
      const action = `pull ${formatReference(reference)}`;
      return await resolve(
        client,
        { action, repository: reference, options: callOptions, deadline: deadline() },
        reference,
      );
    },
    document: async (repository, want, callOptions = {}) => {
      const action = `pull ${formatRepository(repository)}@${want.digest}`;
      return await fetchDocument(client, { action, repository, options: callOptions, deadline: deadline() }, want);
    },
    blob: (repository, want, callOptions = {}) => streamBlob(client, { repository, options: callOptions }, want),
    async [Symbol.asyncDispose]() {
      if (options.dispatcher === undefined) await dispatcher.destroy();
    },
  };
}

function createClient(dispatcher: Dispatcher, timeouts: Timeouts, options: HttpRegistryOptions): RegistryClient {
  const { userAgent = "stowage", plainHttp = () => false, trustedRealms = [], now = () => performance.now() } = options;
  const send = createTransport(dispatcher, { userAgent, timeouts });
  const sendSmall: Send = async (call, request) =>
    await send({ ...call, deadline: call.deadline ?? AbortSignal.timeout(timeouts.document) }, request);
  return { send, origins: createOrigins(plainHttp), authorizer: createAuthorizer(sendSmall, { trustedRealms, now }) };
}

/** HTTP/1.1: each blob fills a connection of its own, where HTTP/2 would hold all of them to one window. */
function createAgent({ connect }: Timeouts): Agent {
  return new Agent({ connect: { timeout: connect }, allowH2: false });
}

async function resolve(client: RegistryClient, call: Call, { digest, tag }: Reference): Promise<FetchedDocument> {
  if (digest === undefined) return await getDocument(client, call, { name: tag ?? "latest", expected: {} });
  if (isDigest(digest)) return await getDocument(client, call, { name: digest, expected: { digest } });
  throw new StowageError("invalid-argument", `Cannot ${call.action}: only sha256 and sha512 digests are pulled by`);
}

async function fetchDocument(client: RegistryClient, call: Call, want: Descriptor): Promise<FetchedDocument> {
  if (want.size > maxDocumentBytes) {
    throw new StowageError(
      "invalid-argument",
      `Cannot ${call.action}: it has ${want.size} bytes, at most ${maxDocumentBytes} are allowed`,
    );
  }
  return await getDocument(client, call, { name: want.digest, expected: want });
}

async function getDocument(
  client: RegistryClient,
  call: Call,
  { name, expected }: { readonly name: string; readonly expected: Expected },
): Promise<FetchedDocument> {
  const answer = await get(client, call, { path: `manifests/${name}`, accept: acceptDocuments });
  return await readDocument(call, answer, expected);
}

async function* streamBlob(
  client: RegistryClient,
  { repository, options }: { readonly repository: Repository; readonly options: RegistryOptions },
  want: Descriptor,
): AsyncGenerator<Uint8Array, void, undefined> {
  const call = { action: `pull ${want.digest} of ${formatRepository(repository)}`, repository, options };
  const answer = await openBlob(client, call, want);
  yield* verified(answer.body, want);
}

/** One answer that promises to be the blob. */
async function openBlob(client: RegistryClient, call: Call, want: Descriptor): Promise<HttpAnswer> {
  const answer = await get(client, call, { path: `blobs/${want.digest}`, accept: "*/*" });
  refuseEncoding(call, answer);
  const length = lengthOf(answer) ?? want.size;
  if (length === want.size) return answer;
  answer.discard();
  throw new ContentMismatchError(want, `${length} bytes, by the Content-Length of ${answer.request.url.host}`);
}
