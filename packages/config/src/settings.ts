import { decodeToml } from "@stowage/toml";
import { z } from "zod";

/** What can be set, with every default filled in. */
export interface Settings {
  /** Where the store is. */
  readonly root: string;
  /** The path of the socket. */
  readonly address: string;
  readonly registry: {
    /** Hosts, `host[:port]`, that are spoken to over http. */
    readonly plainHttp: readonly string[];
    /** A docker `config.json` or podman `auth.json` for pulls that bring no credential of their own. */
    readonly authFile: string | undefined;
    /** Directories with one for each host: containerd's `hosts.toml`, or docker's certificates. The first that has it decides. */
    readonly hostsDirs: readonly string[];
    /** A `registries.conf`; its drop-ins are in the directory of the same name with `.d` behind it. */
    readonly registriesConf: string;
    /** Token servers, hosts or whole origins, that get the credentials of any registry that names them. */
    readonly trustedRealms: readonly string[];
    /** The proxy for a `host[:port]`, or `direct`; it comes before HTTP_PROXY and its like. */
    readonly proxies: Readonly<Record<string, string>>;
    /** Whether layers that their registry does not have are fetched from the `urls` of their descriptors. */
    readonly foreignUrls: boolean;
  };
  readonly pull: {
    /** Layers, of all pulls together, that are fetched and unpacked at once. */
    readonly concurrentLayers: number;
  };
  readonly runtime: {
    /** What the kubelet is told that the container runtime uses. */
    readonly cgroupDriver: "systemd" | "cgroupfs";
  };
}

/**
 * Reads settings from TOML, keys in snake_case. Fails with `invalid-argument`, naming `name`, the line, the key and what was
 * expected there. A key that is not known is an error: it would be believed.
 */
export function decodeSettings(text: string, name: string): Settings {
  return decodeToml(text, { noun: "settings", name }, schema);
}

const absolute = z.string().startsWith("/", { error: 'an absolute path, like "/var/lib/stowage"' });

const realm = z.string().regex(/^(?:https?:\/\/)?[\w.:[\]-]+$/, { error: 'a host or an origin, like "auth.example"' });

const proxy = z.string().regex(/^(?:direct|(?:https?:\/\/)?[^\s/]+\/?)$/, {
  error: 'the address of a proxy, like "http://proxy.example:3128", or "direct"',
});

const registry = z
  .strictObject({
    plain_http: z
      .array(z.string().regex(/^[\w.:[\]-]+$/, { error: 'a host, like "registry.example:5000"' }), {
        error: "a list of hosts",
      })
      .default([]),
    auth_file: absolute.optional(),
    hosts_dirs: z
      .array(absolute, { error: "a list of directories" })
      .default(["/etc/stowage/certs.d", "/etc/containerd/certs.d", "/etc/containers/certs.d", "/etc/docker/certs.d"]),
    registries_conf: absolute.default("/etc/containers/registries.conf"),
    trusted_realms: z.array(realm, { error: "a list of hosts or origins" }).default([]),
    proxies: z.record(z.string(), proxy, { error: "a table of hosts" }).default({}),
    foreign_urls: z.boolean({ error: "true or false" }).default(false),
  })
  .transform((read) => ({
    plainHttp: read.plain_http,
    authFile: read.auth_file,
    hostsDirs: read.hosts_dirs,
    registriesConf: read.registries_conf,
    trustedRealms: read.trusted_realms,
    proxies: read.proxies,
    foreignUrls: read.foreign_urls,
  }));

const concurrency = { error: "a whole number from 1 to 64" };
const pull = z
  .strictObject({ concurrent_layers: z.int(concurrency).min(1, concurrency).max(64, concurrency).default(3) })
  .transform(({ concurrent_layers }) => ({ concurrentLayers: concurrent_layers }));

const runtime = z
  .strictObject({
    cgroup_driver: z.enum(["systemd", "cgroupfs"], { error: '"systemd" or "cgroupfs"' }).default("systemd"),
  })
  .transform(({ cgroup_driver }) => ({ cgroupDriver: cgroup_driver }));

const schema: z.ZodType<Settings> = z.strictObject({
  root: absolute.default("/var/lib/stowage"),
  address: absolute.default("/run/stowage/stowage.sock"),
  registry: registry.prefault({}),
  pull: pull.prefault({}),
  runtime: runtime.prefault({}),
});

/** What is in force where nothing is set. */
export const defaultSettings: Settings = schema.parse({});
