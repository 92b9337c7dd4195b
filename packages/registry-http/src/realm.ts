import { isIP } from "node:net";
import { isLoopback } from "./origin.ts";

/** A token server that may be asked, or why it may not. */
export type JudgedRealm = { readonly url: URL } | { readonly flaw: string };

/**
 * Whether a registry at `origin` may send its clients to the token server `realm`. It must be a URL without a name or
 * password; an address in digits or this machine itself only if it is the registry's own host; plain http only if the
 * registry speaks it at the same host and port, or if both are this machine.
 *
 * With `credentials` it must also be the registry's own host, one of its site, or one of `trusted`. Hosts are of one site
 * if their last two labels are equal; three below the likes of `co.uk`. This is short of the public suffix list: hosts
 * below a suffix where anybody may register names (`github.io`) count as one site, as they already share their operator.
 */
export function judgeRealm(
  realm: string,
  origin: URL,
  { credentials, trusted }: { readonly credentials: boolean; readonly trusted: readonly string[] },
): JudgedRealm {
  const url = URL.parse(realm);
  if (url === null || !["https:", "http:"].includes(url.protocol)) return { flaw: "it is not an http or https URL" };
  const flaw = flawOf(url, origin);
  if (flaw !== undefined) return { flaw };
  if (!credentials || isSameSite(url, origin) || trusted.includes(url.hostname)) return { url };
  return { flaw: `${url.hostname} is not of the registry's site` };
}

/** Why nobody is sent to `url` by `origin`, with credentials or without. */
function flawOf(url: URL, origin: URL): string | undefined {
  if (url.username !== "" || url.password !== "") return "it has a name or a password in it";
  if (url.hostname !== origin.hostname && (isAddress(url.hostname) || isLoopback(url.hostname))) {
    return `${url.hostname} is an address, and not the registry's`;
  }
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

/** `undefined` for a name of one label and for an address, which are of no site. */
function siteOf(hostname: string): string | undefined {
  const labels = hostname.replace(/\.$/, "").split(".");
  const [second = "", top = ""] = labels.slice(-2);
  const depth = top.length === 2 && commonSeconds.has(second) ? 3 : 2;
  return labels.length < depth || isAddress(hostname) ? undefined : labels.slice(-depth).join(".");
}

/** Labels under which countries register names. */
const commonSeconds: ReadonlySet<string> = new Set([
  "ac",
  "co",
  "com",
  "edu",
  "gov",
  "go",
  "mil",
  "ne",
  "net",
  "or",
  "org",
]);
