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

const registry = z
  .strictObject({
    plain_http: z
      .array(z.string().regex(/^[\w.:[\]-]+$/, { error: 'a host, like "registry.example:5000"' }), {
        error: "a list of hosts",
      })
      .default([]),
    auth_file: absolute.optional(),
  })
  .transform(({ plain_http, auth_file }) => ({ plainHttp: plain_http, authFile: auth_file }));

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
