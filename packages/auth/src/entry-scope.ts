import { hasScheme, hostOf } from "./host.ts";

/**
 * What the key of an entry in an auth file is about: the host of one in URL form (docker writes `https://index.docker.io/v1/`), or the
 * host and path of a plain one. `undefined` for what is no host.
 */
export function scopeOf(key: string): string | undefined {
  const host = hostOf(key);
  if (host === undefined || hasScheme(key)) return host;
  const path = key
    .split("/")
    .slice(1)
    .filter((component) => component !== "");
  return isApiVersion(path) ? host : [host, ...path].join("/");
}

function isApiVersion(path: readonly string[]): boolean {
  return path.length === 1 && (path[0] === "v1" || path[0] === "v2");
}
