import { isIPv4 } from "node:net";
import { StowageError } from "@stowage/errors";
import type { Call } from "./call.ts";

/** The origins (RFC 6454) of registries: which host serves a domain, and whether it speaks https or http. */
export interface Origins {
  /** Where to ask, first choice first. Fails with `invalid-argument` for a domain that is no host. */
  candidates(call: Call): readonly URL[];
  /** That `origin` answered: its host is asked there from now on. */
  remember(origin: URL): void;
}

/** https, http where the call or `plainHttp` says so, and for this machine itself https first and then http. */
export function createOrigins(plainHttp: (domain: string) => boolean): Origins {
  const answered = new Map<string, URL>();
  return {
    candidates({ action, repository: { domain }, options }) {
      const host = hosts.get(domain.toLowerCase()) ?? domain.toLowerCase();
      if (options.plainHttp ?? plainHttp(domain)) return [originOf("http", host, action)];
      const secure = originOf("https", host, action);
      if (!isLoopback(secure.hostname)) return [secure];
      const known = answered.get(host);
      return known === undefined ? [secure, originOf("http", host, action)] : [known];
    },
    remember(origin) {
      if (isLoopback(origin.hostname)) answered.set(origin.host, origin);
    },
  };
}

/** Whether a URL's hostname is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (isIPv4(hostname) && hostname.startsWith("127."));
}

/** Domains that another host serves. */
const hosts: ReadonlyMap<string, string> = new Map([["docker.io", "registry-1.docker.io"]]);

/** URLs read `0x7f.1` as 127.0.0.1; a name that means another host than it says is refused. */
function originOf(scheme: "http" | "https", host: string, action: string): URL {
  const url = URL.parse(`${scheme}://${host}`);
  const said = host.replace(/:[0-9]+$/, "");
  if (url === null || (url.hostname !== said && !said.startsWith("["))) {
    throw new StowageError("invalid-argument", `Cannot ${action}: ${JSON.stringify(host)} is not the name of a host`);
  }
  return url;
}
