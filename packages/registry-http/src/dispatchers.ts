import type { LookupFunction } from "node:net";
import { type ConnectionOptions, createSecureContext, getCACertificates } from "node:tls";
import type { HostTrust } from "@stowage/registry";
import { Agent, buildConnector, type Dispatcher, ProxyAgent } from "undici";
import { withLateTlsErrors } from "./late-tls-errors.ts";

/** How a request gets to where it goes. */
export interface Way {
  readonly url: URL;
  /** Of the configured host, as far as it goes for `url`. */
  readonly trust?: HostTrust | undefined;
  readonly connectMilliseconds: number;
}

/** The dispatchers of a registry client, one for each way of connecting; connections are kept in them and used again. */
export interface Dispatchers extends AsyncDisposable {
  find(way: Way): Dispatcher;
  /** Whether the buffers that bodies come in are nobody else's. */
  readonly areOwn: boolean;
}

/** All requests go through one that somebody else made and ends. */
export function givenDispatcher(dispatcher: Dispatcher): Dispatchers {
  return { find: () => dispatcher, areOwn: false, [Symbol.asyncDispose]: async () => undefined };
}

/**
 * Dispatchers as they are needed: over HTTP/1.1, so that each blob fills a connection of its own where HTTP/2 would hold all
 * to one window; to IPv4 and IPv6 by turns, whichever answers first (Happy Eyeballs, RFC 8305); through `proxyFor`'s proxy.
 * Names are looked up by `lookup`, else as the system does.
 */
export function createDispatchers(proxyFor: (url: URL) => URL | undefined, lookup?: LookupFunction): Dispatchers {
  const made = new Map<HostTrust | undefined, Map<string, Dispatcher>>();
  const retired = new Set<Dispatcher>();
  const retireOldest = (): void => {
    const [oldest, ...others] = made.entries();
    if (oldest === undefined || others.length < maxTrusts) return;
    made.delete(oldest[0]);
    for (const dispatcher of oldest[1].values()) retire(dispatcher, retired);
  };
  return {
    areOwn: true,
    find({ url, trust, connectMilliseconds }) {
      const proxy = proxyFor(url);
      const key = `${connectMilliseconds} ${proxy?.href ?? ""}`;
      const ways = made.get(trust) ?? new Map<string, Dispatcher>();
      made.delete(trust);
      made.set(trust, ways); // the one used last stands last
      retireOldest();
      const dispatcher = ways.get(key) ?? createDispatcher({ trust, connectMilliseconds, proxy, lookup });
      ways.set(key, dispatcher);
      return dispatcher;
    },
    async [Symbol.asyncDispose]() {
      const all = [...[...made.values()].flatMap((ways) => [...ways.values()]), ...retired];
      await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
    },
  };
}

/** Whom to trust changes with the files that say it; of those unused the longest, nothing is kept but what is under way. */
const maxTrusts = 64;

/** Lets what is under way end, and remembers it until then. */
function retire(dispatcher: Dispatcher, retired: Set<Dispatcher>): void {
  retired.add(dispatcher);
  const end = (): void => void retired.delete(dispatcher);
  dispatcher.close().then(end, end);
}

interface Making extends Omit<Way, "url"> {
  readonly lookup: LookupFunction | undefined;
  readonly proxy: URL | undefined;
}

function createDispatcher({ proxy, ...making }: Making): Dispatcher {
  if (proxy === undefined) return new Agent({ connect: createConnector(making), allowH2: false });
  const { username, password } = proxy;
  const pair = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  return new ProxyAgent({
    uri: proxy.origin,
    ...(username === "" ? {} : { token: `Basic ${pair}` }),
    requestTls: { ...reaching(making), ...tlsOf(making.trust) },
    proxyTls: { ...reaching(making), ...tlsOf(undefined) },
    allowH2: false,
  });
}

/** Certificates are read when TLS is first spoken: that takes a good part of a short command's time. */
function createConnector(making: Omit<Making, "proxy">): buildConnector.connector {
  const plain = buildConnector(reaching(making));
  let secure: buildConnector.connector | undefined;
  return (options, callback) => {
    if (options.protocol !== "https:") {
      plain(options, callback);
    } else {
      secure ??= withLateTlsErrors(buildConnector({ ...reaching(making), ...tlsOf(making.trust) }));
      secure(options, callback);
    }
  };
}

function reaching({ connectMilliseconds, lookup }: Omit<Making, "proxy">): buildConnector.BuildOptions {
  return {
    timeout: connectMilliseconds,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: familyMilliseconds,
    allowH2: false,
    ...(lookup === undefined ? {} : { lookup }),
  };
}

/** How long one family of addresses is tried before the other one is too (RFC 8305, section 8). */
const familyMilliseconds = 250;

/** The system's authorities are believed beside Node's own: that is where machines are taught those of their company. */
function tlsOf(trust: HostTrust | undefined): Pick<ConnectionOptions, "rejectUnauthorized" | "secureContext"> {
  const { authorities = [], identities = [], anyCertificate = false } = trust ?? {};
  return {
    rejectUnauthorized: !anyCertificate,
    secureContext: createSecureContext({
      ca: [...getCACertificates("default"), ...getCACertificates("system"), ...authorities],
      cert: identities.map(({ certificate }) => certificate),
      key: identities.map(({ key }) => key.reveal()),
    }),
  };
}
