/**
 * The host[:port] that a server address or an auth file's key names, in lower case: scheme and path are dropped, and the
 * names of Docker Hub become `docker.io`. `undefined` where there is none, or where the address has a name or password.
 */
export function hostOf(address: string): string | undefined {
  const [authority = ""] = address.replace(scheme, "").split("/", 1);
  const host = authority.toLowerCase();
  if (!wellFormed.test(host)) return undefined;
  return dockerHub.has(host) ? "docker.io" : host;
}

/**
 * What credential programs call the registry of `domain`: its `host[:port]`, and for Docker Hub the URL that docker stores
 * it under. `undefined` where `domain` is neither.
 */
export function serverAddressOf(domain: string): string | undefined {
  const host = hostOf(domain);
  return host === "docker.io" ? "https://index.docker.io/v1/" : host;
}

/** An address in quotes, for a message: without what stands before an "@", which may be a password. */
export function quoteAddress(address: string): string {
  const at = address.lastIndexOf("@");
  return JSON.stringify(at < 0 ? address : `***${address.slice(at)}`);
}

export function hasScheme(address: string): boolean {
  return scheme.test(address);
}

const scheme = /^https?:\/\//i;

const wellFormed = /^(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,255})(?::[0-9]{1,5})?$/;

/** Docker Hub's name, the name that old clients store credentials under, and the host that serves it. */
const dockerHub: ReadonlySet<string> = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);
