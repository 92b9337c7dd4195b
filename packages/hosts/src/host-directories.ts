/**
 * The directories of a certs.d root that may be about a domain, first choice first: `<host>_<port>_` and `<host>:<port>`, or
 * `<host>`, and last `_default`; in lower case. A domain with a port never takes the directory of the bare host.
 */
export function dirNamesFor(domain: string): readonly string[] {
  const name = domain.toLowerCase();
  const { host = name, port } = /^(?<host>.+):(?<port>[0-9]+)$/.exec(name)?.groups ?? {};
  return port === undefined ? [host, defaultDirName] : [`${host}_${port}_`, `${host}:${port}`, defaultDirName];
}

/** The directory for every domain that has none of its own. */
export const defaultDirName = "_default";
