import { StowageError } from "@stowage/errors";
import { isLoopback, readHost, servingHost } from "./host-address.ts";
import { type AskedRepository, allCapabilities, type HostCapability, type PlannedHost } from "./planned-host.ts";
import type { RegistriesConf } from "./registries-conf.ts";
import type { RegistryEntry, RegistryMirror } from "./registry-entries.ts";
import { findRegistry, remainderAfter } from "./registry-match.ts";

/**
 * The hosts of a registries.conf for a repository: the mirrors that are for such references, in order, and then the
 * location itself; `undefined` where no prefix is its. Fails with `permission-denied`, naming file and prefix, where the
 * repository is blocked, and with `invalid-argument` where its place has no path.
 */
export function planRegistriesConf(conf: RegistriesConf, asked: AskedRepository): readonly PlannedHost[] | undefined {
  refuseBlocked(conf, asked);
  const entry = findRegistry(conf, asked);
  if (entry === undefined) return undefined;
  const mirrors = entry.mirrors.filter((mirror) => isFor(mirror, asked));
  const primary = { location: entry.location ?? asked.domain, insecure: entry.insecure };
  return [
    ...mirrors.map((mirror) => planPlace(mirror, { entry, asked })),
    { ...planPlace(primary, { entry, asked }), role: "origin", capabilities: allCapabilities },
  ];
}

/** Fails with `permission-denied`, naming file and prefix, where the repository is blocked: whatever else says where it is. */
export function refuseBlocked(conf: RegistriesConf, asked: AskedRepository): void {
  const entry = findRegistry(conf, asked);
  if (entry?.blocked === true) throw refusal("permission-denied", { entry, asked, why: "is blocked" });
}

interface Match {
  readonly entry: RegistryEntry;
  readonly asked: AskedRepository;
}

function planPlace({ location, insecure }: Pick<RegistryMirror, "location" | "insecure">, match: Match): PlannedHost {
  const rewritten = location + remainderAfter(match.entry.prefix, match.asked);
  const { host = "", path } = /^(?<host>[^/]*)(?:\/(?<path>.+))?$/.exec(rewritten)?.groups ?? {};
  const url = readHost("https", servingHost(host));
  if (url === undefined || path === undefined) {
    throw refusal("invalid-argument", {
      ...match,
      why: `becomes ${JSON.stringify(rewritten)}, which is no repository`,
    });
  }
  url.pathname = "/v2";
  return {
    url,
    path,
    role: host.toLowerCase() === match.asked.domain.toLowerCase() ? "origin" : "mirror",
    capabilities: mirrorCapabilities,
    trustFiles: insecure ? { authorities: [], identities: [], anyCertificate: true } : undefined,
    orPlainHttp: insecure || isLoopback(url.hostname),
  };
}

function isFor({ pullFromMirror }: RegistryMirror, { digest }: AskedRepository): boolean {
  return pullFromMirror === "all" || pullFromMirror === (digest === undefined ? "tag-only" : "digest-only");
}

/** This format's mirrors are for pulls. */
const mirrorCapabilities: ReadonlySet<HostCapability> = new Set(["pull", "resolve", "referrers"]);

function refusal(
  code: "permission-denied" | "invalid-argument",
  { entry, asked, why }: Match & { readonly why: string },
): StowageError {
  const rule = `by the prefix ${JSON.stringify(entry.prefix)} in "${entry.file}"`;
  return new StowageError(code, `Cannot plan hosts of "${asked.domain}/${asked.path}": it ${why}, ${rule}`);
}
