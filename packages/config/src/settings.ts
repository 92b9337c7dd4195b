import { decodeToml } from "@stowage/toml";
import { z } from "zod";
import { durationExample, parseDuration, parseSize, sizeExample } from "./quantity.ts";

/** What can be set, with every default filled in. */
export interface Settings {
  /** Where the store is. */
  readonly root: string;
  /** The path of the socket. */
  readonly address: string;
  /** Whether what was done survives a power cut, or what the kernel had time for. */
  readonly durability: "full" | "relaxed";
  /** How unpacked layers are kept: stacked by overlayfs, or each as a whole copy, where that does not work. */
  readonly snapshotter: "overlay" | "native";
  readonly content: {
    /** Whether blobs of layers stay once the layers are unpacked: not at all, within the budget, or always. */
    readonly retain: "none" | "budget" | "all";
    /** Bytes that may be kept of what no image needs: such blobs, and what failed pulls left for their retry. */
    readonly budget: number;
    /** Seconds after which nothing of that is kept. */
    readonly age: number;
  };
  readonly check: {
    /** Bytes a second that are read in the background to see whether all is well. */
    readonly rate: number;
    /** Seconds from one such look to the next. */
    readonly interval: number;
  };
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
    /** Seconds for which a finished pull holds what it brought, although somebody may remove the image. */
    readonly lease: number;
  };
  /** What a layer may be before it counts as a trap and is refused. */
  readonly limits: {
    /** Bytes of its plain tar, and of its files as they read, holes included. */
    readonly layerBytes: number;
    readonly layerEntries: number;
    /** Plain bytes for each compressed one, beyond the first GiB. */
    readonly expansion: number;
    /** Names in a path. */
    readonly pathDepth: number;
    /** Bytes of what stands before an entry: its PAX header or its long name. */
    readonly headerBytes: number;
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

const size = z.string({ error: sizeExample }).transform(quantity(parseSize, sizeExample));
const duration = z.string({ error: durationExample }).transform(quantity(parseDuration, durationExample));

/** What `parse` makes of a text; a text of which it makes nothing is told with an example. */
function quantity(parse: (text: string) => number | undefined, example: string) {
  return (text: string, context: z.RefinementCtx<string>): number => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: example, input: text });
    return z.NEVER;
  };
}

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

const content = z.strictObject({
  retain: z.enum(["none", "budget", "all"], { error: '"none", "budget" or "all"' }).default("none"),
  budget: size.default(10 * 1024 ** 3),
  age: duration.default(24 * 60 * 60),
});

const check = z.strictObject({
  rate: size.default(20 * 1024 ** 2),
  interval: duration.default(7 * 24 * 60 * 60),
});

const concurrency = { error: "a whole number from 1 to 64" };
const pull = z
  .strictObject({
    concurrent_layers: z.int(concurrency).min(1, concurrency).max(64, concurrency).default(3),
    lease: duration.default(5 * 60),
  })
  .transform(({ concurrent_layers, lease }) => ({ concurrentLayers: concurrent_layers, lease }));

const count = { error: "a whole number above 0" };
const limits = z
  .strictObject({
    layer_bytes: size.default(256 * 1024 ** 3),
    layer_entries: z.int(count).min(1, count).default(2_000_000),
    expansion: z.int(count).min(1, count).default(2000),
    path_depth: z.int(count).min(1, count).default(512),
    header_bytes: size.default(1024 ** 2),
  })
  .transform((read) => ({
    layerBytes: read.layer_bytes,
    layerEntries: read.layer_entries,
    expansion: read.expansion,
    pathDepth: read.path_depth,
    headerBytes: read.header_bytes,
  }));

const runtime = z
  .strictObject({
    cgroup_driver: z.enum(["systemd", "cgroupfs"], { error: '"systemd" or "cgroupfs"' }).default("systemd"),
  })
  .transform(({ cgroup_driver }) => ({ cgroupDriver: cgroup_driver }));

const schema: z.ZodType<Settings> = z.strictObject({
  root: absolute.default("/var/lib/stowage"),
  address: absolute.default("/run/stowage/stowage.sock"),
  durability: z.enum(["full", "relaxed"], { error: '"full" or "relaxed"' }).default("full"),
  snapshotter: z.enum(["overlay", "native"], { error: '"overlay" or "native"' }).default("overlay"),
  content: content.prefault({}),
  check: check.prefault({}),
  registry: registry.prefault({}),
  pull: pull.prefault({}),
  limits: limits.prefault({}),
  runtime: runtime.prefault({}),
});

/** What is in force where nothing is set. */
export const defaultSettings: Settings = schema.parse({});
