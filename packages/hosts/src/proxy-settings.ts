import { Secret } from "@stowage/auth";
import { StowageError } from "@stowage/errors";
import { isLoopback, readHost, servingHost } from "./host-address.ts";
import { isExempt, type NoProxyRule, parseNoProxy } from "./no-proxy.ts";

/** Through which proxies registries are reached. The address of a proxy may have a password in it. */
export interface ProxySettings {
  /** For addresses with http and with https. */
  readonly http: Secret | undefined;
  readonly https: Secret | undefined;
  readonly exempt: readonly NoProxyRule[];
  /** By `host[:port]`, first of all; `direct` is without a proxy. */
  readonly hosts: ReadonlyMap<string, Secret | "direct">;
}

/** As HTTP_PROXY, HTTPS_PROXY and NO_PROXY have them; an empty text is as good as none. */
export interface ProxyTexts {
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
  /** By `host[:port]`: the address of a proxy, or `direct`. */
  readonly hosts?: Readonly<Record<string, string>> | undefined;
}

/** Reads the settings. Fails with `invalid-argument`, without the user and password of any address. */
export function parseProxySettings({ httpProxy, httpsProxy, noProxy, hosts = {} }: ProxyTexts): ProxySettings {
  return {
    http: parseProxy(httpProxy, "for http"),
    https: parseProxy(httpsProxy, "for https"),
    exempt: parseNoProxy(noProxy ?? ""),
    hosts: new Map(Object.entries(hosts).map(([host, text]) => [servingHost(host), parseHostProxy(host, text)])),
  };
}

/**
 * The proxy for an address, `undefined` where it is asked directly: first by what `hosts` says of host and port, then of the
 * host; then this machine itself and what NO_PROXY lists have none; then by the scheme.
 */
export function proxyFor(settings: ProxySettings, url: URL): URL | undefined {
  const port = portOf(url);
  const chosen = settings.hosts.get(`${url.hostname}:${port}`) ?? settings.hosts.get(url.hostname);
  if (chosen !== undefined) return chosen === "direct" ? undefined : new URL(chosen.reveal());
  if (isLoopback(url.hostname) || isExempt(settings.exempt, { hostname: url.hostname, port })) return undefined;
  const proxy = url.protocol === "https:" ? settings.https : settings.http;
  return proxy === undefined ? undefined : new URL(proxy.reveal());
}

function parseHostProxy(host: string, text: string): Secret | "direct" {
  if (readHost("https", host) === undefined) {
    throw new StowageError(
      "invalid-argument",
      `Cannot read proxies: ${JSON.stringify(host)} is not the name of a host`,
    );
  }
  if (text === "direct") return "direct";
  const proxy = parseProxy(text, `of ${JSON.stringify(host)}`);
  if (proxy === undefined) throw refusal(`of ${JSON.stringify(host)}`);
  return proxy;
}

function parseProxy(text: string | undefined, which: string): Secret | undefined {
  if (text === undefined || text === "") return undefined;
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url === null || !isProxy(url)) throw refusal(which);
  return new Secret(url.href);
}

function isProxy({ protocol, pathname, search, hash, username, password }: URL): boolean {
  const isAddress = (protocol === "http:" || protocol === "https:") && pathname === "/" && search === "" && hash === "";
  return isAddress && isDecodable(username) && isDecodable(password);
}

/** URLs let a lone "%" in a password be, and nobody knows what is meant. */
function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text).isWellFormed();
  } catch {
    return false;
  }
}

function refusal(which: string): StowageError {
  const wanted = 'an address with http or https, like "http://proxy.example:3128"';
  return new StowageError("invalid-argument", `Cannot read proxies: the proxy ${which} is not ${wanted}`);
}

function portOf({ port, protocol }: URL): string {
  if (port !== "") return port;
  return protocol === "https:" ? "443" : "80";
}
