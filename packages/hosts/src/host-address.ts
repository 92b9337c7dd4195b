import { isIPv4 } from "node:net";

/**
 * The URL of a `host[:port]`, or `undefined` where it is none. URLs read `0x7f.1` as 127.0.0.1; a name that means another
 * host than it says is none.
 */
export function readHost(scheme: "http" | "https", host: string): URL | undefined {
  const said = host.toLowerCase();
  const url = wellFormed.test(said) ? URL.parse(`${scheme}://${said}`) : null;
  if (url === null) return undefined;
  return url.hostname === said.replace(/:[0-9]+$/, "") || said.startsWith("[") ? url : undefined;
}

/** An address as a person writes it. */
export interface HostAddress {
  readonly url: URL;
  /** Whether it says by itself how it is spoken to. */
  readonly hasScheme: boolean;
}

/** Reads `[http[s]://]host[:port][/path]`, https where it does not say; anything else in an address is `undefined`. */
export function parseHostAddress(text: string): HostAddress | undefined {
  const groups = address.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { scheme, host = "", path = "" } = groups;
  const url = readHost(scheme === "http" ? "http" : "https", host);
  if (url === undefined) return undefined;
  url.pathname = path;
  return { url, hasScheme: scheme !== undefined };
}

/** The host that serves a domain: Docker Hub's is another one. In lower case, as `host[:port]`. */
export function servingHost(domain: string): string {
  const host = domain.toLowerCase();
  return servedElsewhere.get(host) ?? host;
}

/** Whether a URL's hostname is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (isIPv4(hostname) && hostname.startsWith("127."));
}

const wellFormed = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::[0-9]{1,5})?$/;
const address = /^(?:(?<scheme>https?):\/\/)?(?<host>[^/?#@]+)(?<path>\/[^?#\s]*)?$/;
const servedElsewhere: ReadonlyMap<string, string> = new Map([["docker.io", "registry-1.docker.io"]]);
