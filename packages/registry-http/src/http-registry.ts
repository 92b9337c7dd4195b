import { type ProxySettings, planOrigin, proxyFor } from "@stowage/hosts";
import { formatReference, formatRepository } from "@stowage/reference";
import type { Hosts, Keychain, Registry, RegistryAccess, RegistryListing, RegistryPushing } from "@stowage/registry";
import type { Dispatcher } from "undici";
import { createAuthorizer } from "./authorizer.ts";
import { streamBlob } from "./blob.ts";
import { checkAccess } from "./check-access.ts";
import { createDispatchers, givenDispatcher } from "./dispatchers.ts";
import { fetchDocument, resolveReference } from "./fetch-document.ts";
import { HostPaces } from "./host-pace.ts";
import {
  type Chunks,
  defaultChunks,
  defaultLeastRate,
  defaultRetries,
  defaultTimeouts,
  type Rate,
  type Retries,
  type Timeouts,
} from "./limits.ts";
import { listingWith } from "./listing.ts";
import { paced } from "./paced.ts";
import { pushingWith } from "./pushing.ts";
import type { RegistryClient } from "./registry-client.ts";
import { ShunnedHosts } from "./shunned-hosts.ts";
import { SpokenSchemes } from "./spoken-schemes.ts";
import { createTransport, type Send } from "./transport.ts";

export interface HttpRegistryOptions {
  /** Where repositories are asked for. By default each at its own host. */
  readonly hosts?: Hosts | undefined;
  /** Asked for credentials where a call brings none. By default nobody is. */
  readonly keychain?: Keychain | undefined;
  readonly proxies?: ProxySettings | undefined;
  /** What requests go through; whoever gives one ends it, and proxies and certificates are its matter. By default agents of its own. */
  readonly dispatcher?: Dispatcher | undefined;
  /** The domains that speak http, where a call does not say. By default none; this machine itself is tried with both. */
  readonly plainHttp?: ((domain: string) => boolean) | undefined;
  /** Token servers, hosts or whole origins, that are trusted with the credentials of any registry that names them. By default none. */
  readonly trustedRealms?: readonly string[] | undefined;
  readonly userAgent?: string | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  readonly leastRate?: Partial<Rate> | undefined;
  readonly retries?: Partial<Retries> | undefined;
  readonly chunks?: Partial<Chunks> | undefined;
  /** Milliseconds on a clock that never jumps, by which tokens end. */
  readonly now?: (() => number) | undefined;
}

export type HttpRegistry = Registry & RegistryListing & RegistryPushing & RegistryAccess & AsyncDisposable;

/**
 * Every registry there is, over https (OCI distribution-spec). Connections and tokens are kept and used again until it is
 * disposed of, which cuts what is under way.
 */
export function openHttpRegistry(options: HttpRegistryOptions = {}): HttpRegistry {
  const dispatchers =
    options.dispatcher === undefined
      ? createDispatchers((url) => (options.proxies === undefined ? undefined : proxyFor(options.proxies, url)))
      : givenDispatcher(options.dispatcher);
  const leastRate = { ...defaultLeastRate, ...options.leastRate };
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const send = createTransport(dispatchers, { userAgent: options.userAgent ?? "stowage", timeouts, leastRate });
  const client = createClient(send, timeouts, options);
  return {
    resolve: async (reference, callOptions = {}) => {
      const action = `pull ${formatReference(reference)}`;
      return await resolveReference(client, { action, repository: reference, options: callOptions }, reference);
    },
    document: async (repository, want, callOptions = {}) => {
      const action = `pull ${formatRepository(repository)}@${want.digest}`;
      return await fetchDocument(client, { action, repository, options: callOptions }, want);
    },
    blob: (repository, want, callOptions = {}) => {
      const action = `pull ${want.digest} of ${formatRepository(repository)}`;
      return streamBlob(client, { action, repository, options: callOptions }, want);
    },
    ...listingWith(client),
    ...pushingWith(client),
    checkAccess: async (domain, callOptions = {}) => {
      const repository = { domain, path: "any" }; // hosts are planned for repositories
      await checkAccess(client, { action: `log in to ${domain}`, repository, options: callOptions });
    },
    [Symbol.asyncDispose]: () => dispatchers[Symbol.asyncDispose](),
  };
}

function createClient(rawSend: Send, timeouts: Timeouts, options: HttpRegistryOptions): RegistryClient {
  const { plainHttp = () => false, trustedRealms = [], now = () => performance.now() } = options;
  const retries = { ...defaultRetries, ...options.retries };
  const paces = new HostPaces(now);
  const send = paced(rawSend, paces);
  const sendSmall: Send = async (call, request) =>
    await send({ ...call, deadline: call.deadline ?? AbortSignal.timeout(timeouts.document) }, request);
  return {
    hosts: options.hosts ?? { plan: async (repository) => [planOrigin(repository)] },
    keychain: options.keychain,
    send,
    authorizer: createAuthorizer(sendSmall, { trustedRealms, now }),
    paces,
    shunned: new ShunnedHosts(now),
    schemes: new SpokenSchemes(plainHttp),
    settings: { timeouts, retries, chunks: { ...defaultChunks, ...options.chunks }, plainHttp, now },
  };
}
