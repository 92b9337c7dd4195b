import { StowageError } from "@stowage/errors";
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import { nearest } from "./nearest.ts";

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
 * Reads settings from TOML, keys in snake_case. Fails with `invalid-argument`, naming `name`, the key and what was
 * expected there, or the line where the text is no TOML. A key that is not known is an error: it would be believed.
 */
export function decodeSettings(text: string, name: string): Settings {
  const read = schema.safeParse(parseToml(text, name));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw refusal(name, issue === undefined ? "they do not follow the schema" : explain(issue));
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

const knownKeys: Readonly<Record<string, readonly string[]>> = {
  "": ["root", "address", "registry", "pull", "runtime"],
  registry: ["plain_http", "auth_file"],
  pull: ["concurrent_layers"],
  runtime: ["cgroup_driver"],
};

function explain(issue: z.core.$ZodIssue): string {
  const table = issue.path.map(String).join(".");
  if (issue.code !== "unrecognized_keys") return `"${table}" is not what was expected: ${issue.message}`;
  const [key = ""] = issue.keys;
  const known = nearest(key, knownKeys[table] ?? []);
  const path = table === "" ? key : `${table}.${key}`;
  return known === undefined ? `there is no key "${path}"` : `there is no key "${path}"; perhaps "${known}"`;
}

function parseToml(text: string, name: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const [reason = ""] = cause.message.split("\n");
    throw refusal(
      name,
      `line ${cause.line}, column ${cause.column}: ${reason.replace(/^Invalid TOML document: /, "")}`,
      { cause },
    );
  }
}

function refusal(name: string, why: string, options?: ErrorOptions): StowageError {
  return new StowageError("invalid-argument", `Cannot read settings "${name}": ${why}`, options);
}
