import type { AskedRepository } from "./planned-host.ts";
import type { RegistriesConf } from "./registries-conf.ts";
import type { RegistryEntry } from "./registry-entries.ts";

/**
 * The `[[registry]]` with the longest prefix of a repository, or `undefined`. A prefix ends where the name, its path, tag or
 * digest ends, and a host without a port is not the same host with one.
 */
export function findRegistry(conf: RegistriesConf, asked: AskedRepository): RegistryEntry | undefined {
  return conf.registries
    .filter(({ prefix }) => isPrefixOf(prefix, asked))
    .toSorted((one, other) => other.prefix.length - one.prefix.length)[0];
}

/** What the name of a repository, `host[:port]/path`, has after a prefix of it. */
export function remainderAfter(prefix: string, asked: AskedRepository): string {
  return prefix.startsWith("*.") ? `/${asked.path}` : nameOf(asked).slice(prefix.length);
}

function isPrefixOf(prefix: string, asked: AskedRepository): boolean {
  if (prefix.startsWith("*.")) return asked.domain.toLowerCase().endsWith(prefix.slice(1));
  return textsOf(asked).some((text) => text.startsWith(prefix) && isEnd(prefix, text.charAt(prefix.length)));
}

function isEnd(prefix: string, next: string): boolean {
  return next === "" || next === "/" || ((next === ":" || next === "@") && prefix.includes("/"));
}

/** A prefix with a digest is also one of a reference that has a tag before it. */
function textsOf(asked: AskedRepository): readonly string[] {
  const digest = asked.digest === undefined ? "" : `@${asked.digest}`;
  const tag = asked.tag === undefined ? "" : `:${asked.tag}`;
  return [`${nameOf(asked)}${tag}${digest}`, `${nameOf(asked)}${digest}`];
}

function nameOf({ domain, path }: AskedRepository): string {
  return `${domain.toLowerCase()}/${path}`;
}
