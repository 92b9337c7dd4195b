import { StowageError } from "@stowage/errors";
import { isLoopback, readHost, servingHost } from "./host-address.ts";
import { type AskedRepository, allCapabilities, type PlannedHost } from "./planned-host.ts";

/**
 * A repository's own host, where nothing is configured: https, and for this machine itself http too. Fails with
 * `invalid-argument` for a domain that is no host.
 */
export function planOrigin({ domain, path }: AskedRepository): PlannedHost {
  const url = readHost("https", servingHost(domain));
  if (url === undefined) {
    throw new StowageError(
      "invalid-argument",
      `Cannot plan hosts: ${JSON.stringify(domain)} is not the name of a host`,
    );
  }
  url.pathname = "/v2";
  return { url, path, role: "origin", capabilities: allCapabilities, orPlainHttp: isLoopback(url.hostname) };
}
