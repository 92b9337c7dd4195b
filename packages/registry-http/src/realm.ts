import { isIP } from "node:net";
import { isLoopback } from "@stowage/hosts";
import { getDomain } from "tldts";
import { innerAddressFlaw } from "./inner-address.ts";

/** A token server that may be asked, or why it may not. */
export type JudgedRealm = { readonly url: URL } | { readonly flaw: string };

/**
 * Whether a registry at `origin` may send its clients to the token server `realm`. It must be a URL without a name or
 * password. One of `trusted`, hosts (over https) and origins, always may. Else an address in digits or this machine itself only if it is the registry's own host; plain http only if the
 * registry speaks it at the same host and port, or if both are this machine.
 *
 * With `credentials` it must also be the registry's own host, or one of its site. Hosts are of one site
 * if one name was registered for both, by the public suffix list: below `co.uk` and below `github.io` anybody may register.
 */
export function judgeRealm(
  realm: string,
  origin: URL,
  { credentials, trusted }: { readonly credentials: boolean; readonly trusted: readonly string[] },
): JudgedRealm {
  const url = URL.parse(realm);
  if (url === null || !["https:", "http:"].includes(url.protocol)) return { flaw: "it is not an http or https URL" };
  if (url.username !== "" || url.password !== "") return { flaw: "it has a name or a password in it" };
  if (isTrusted(url, trusted)) return { url };
  const flaw = flawOf(url, origin);
  if (flaw !== undefined) return { flaw };
  if (!credentials || isSameSite(url, origin)) return { url };
  return { flaw: `${url.hostname} is not of the registry's site` };
}

function isTrusted(url: URL, trusted: readonly string[]): boolean {
  const names = url.protocol === "https:" ? [url.origin, url.host, url.hostname] : [url.origin];
  return names.some((name) => trusted.includes(name));
}

/** Why nobody is sent to `url` by `origin`, with credentials or without. */
function flawOf(url: URL, origin: URL): string | undefined {
  const isOwn = url.hostname === origin.hostname;
  const isInner = isAddress(url.hostname) || isLoopback(url.hostname) || innerAddressFlaw(url, origin) !== undefined;
  if (!isOwn && isInner) return `${url.hostname} is an address, and not the registry's`;
  return url.protocol === "http:" && !mayBePlain(url, origin) ? `${url.host} is asked over plain http` : undefined;
}

function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
}

function mayBePlain(url: URL, origin: URL): boolean {
  return (
    (origin.protocol === "http:" && url.host === origin.host) ||
    (isLoopback(url.hostname) && isLoopback(origin.hostname))
  );
}

function isSameSite(url: URL, origin: URL): boolean {
  const site = siteOf(url.hostname);
  return url.hostname === origin.hostname || (site !== undefined && site === siteOf(origin.hostname));
}

/** What somebody registered, by the public suffix list; `undefined` for a suffix itself and for an address. */
function siteOf(hostname: string): string | undefined {
  return getDomain(hostname, { allowPrivateDomains: true }) ?? undefined;
}
