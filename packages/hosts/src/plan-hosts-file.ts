import { type HostAddress, isLoopback, servingHost } from "./host-address.ts";
import type { HostsFile } from "./hosts-file.ts";
import type { HostSettings } from "./hosts-file-settings.ts";
import { planOrigin } from "./plan-origin.ts";
import type { AskedRepository, PlannedHost, TrustFiles } from "./planned-host.ts";

/** Whose directory the file was found in: the domain's own, or the one for all that have none. */
export interface HostsFilePlace {
  readonly isDefault: boolean;
}

/**
 * The hosts of a hosts.toml for a repository: mirrors in the order of the file and then the server, unless `fallback` is
 * `never`. A host is the origin where it is the domain's own or, in the domain's own directory, the server's; a server for
 * all domains alike is a mirror. Fails with `invalid-argument` for a domain that is no host.
 */
export function planHostsFile(file: HostsFile, asked: AskedRepository, place: HostsFilePlace): readonly PlannedHost[] {
  const own = ownAddress(asked);
  const server = file.server ?? own;
  const origins = new Set([own.url.host, asked.domain.toLowerCase(), ...(place.isDefault ? [] : [server.url.host])]);
  const last = file.fallback === "never" ? [] : [{ address: server, settings: file.serverSettings }];
  return [...file.hosts, ...last].map(({ address, settings }) => {
    const isOrigin = origins.has(address.url.host);
    return {
      ...planAddress(address, settings),
      path: asked.path,
      role: isOrigin ? "origin" : "mirror",
      namespace: isOrigin ? undefined : asked.domain,
    };
  });
}

function ownAddress(asked: AskedRepository): HostAddress {
  const { url } = planOrigin(asked);
  return { url: new URL(url.origin), hasScheme: false };
}

function planAddress(
  { url, hasScheme }: HostAddress,
  settings: HostSettings,
): Omit<PlannedHost, "path" | "role" | "namespace"> {
  return {
    url: apiRoot(url, settings),
    capabilities: settings.capabilities,
    headers: Object.keys(settings.headers).length === 0 ? undefined : settings.headers,
    trustFiles: trustFilesOf(settings),
    connectMilliseconds: settings.dialMilliseconds,
    orPlainHttp: !hasScheme && isLoopback(url.hostname),
  };
}

/** `docker.io` is not where Docker Hub is, also not where an address says so. */
function apiRoot(address: URL, { overridePath }: HostSettings): URL {
  const url = new URL(address);
  url.host = servingHost(url.host);
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = overridePath || path.endsWith("/v2") ? path : `${path}/v2`;
  return url;
}

function trustFilesOf({ authorities, identities, skipVerify }: HostSettings): TrustFiles | undefined {
  if (authorities.length === 0 && identities.length === 0 && !skipVerify) return undefined;
  return { authorities, identities, anyCertificate: skipVerify };
}
