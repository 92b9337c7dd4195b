import { planOrigin } from "./plan-origin.ts";
import type { AskedRepository, PlannedHost } from "./planned-host.ts";

/**
 * Whether a host is the one that a repository's domain names: the same name and port. A configuration may well say that
 * another host is the origin; what is for the domain alone is not for that one.
 */
export function isOwnHost({ url }: Pick<PlannedHost, "url">, repository: AskedRepository): boolean {
  return url.host === planOrigin(repository).url.host;
}
