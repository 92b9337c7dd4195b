import { planOrigin } from "@stowage/hosts";
import type { RegistryHost, Repository } from "@stowage/registry";

/**
 * Whether a host is the one that a repository's domain names: the same name and port. A configuration may well say that
 * another host is the origin; what is for the domain alone is not for that one.
 */
export function isOwnHost({ url }: Pick<RegistryHost, "url">, repository: Repository): boolean {
  return url.host === planOrigin(repository).url.host;
}
