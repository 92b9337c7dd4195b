import { decodeToml } from "@stowage/toml";
import { z } from "zod";
import { type HostAddress, parseHostAddress } from "./host-address.ts";
import { type HostSettings, settingsOf, settingsShape } from "./hosts-file-settings.ts";

/** containerd's hosts.toml for one domain. */
export interface HostsFile {
  /** Where the domain itself is served; `undefined` where the file does not say. */
  readonly server: HostAddress | undefined;
  readonly serverSettings: HostSettings;
  /** In the order of the file, which is the order of asking. */
  readonly hosts: readonly HostsFileEntry[];
  /** Whether the server is asked where no host served. The key is stowage's own. */
  readonly fallback: "on-error" | "never";
}

export interface HostsFileEntry {
  readonly address: HostAddress;
  readonly settings: HostSettings;
}

/** Reads hosts.toml. Fails with `invalid-argument`, naming `name`, the line and the key, where anything is not known or ill-formed. */
export function decodeHostsFile(text: string, name: string): HostsFile {
  return decodeToml(text, { noun: "hosts file", name }, schema);
}

const wanted = 'an address, like "https://mirror.example:5000"';

const address = z.string({ error: wanted }).transform((text, context) => {
  const read = parseHostAddress(text);
  if (read === undefined) context.addIssue({ code: "custom", message: wanted });
  return read;
});

const hosts = z.record(z.string(), z.strictObject(settingsShape)).transform((tables, context) =>
  Object.entries(tables).flatMap(([key, table]): HostsFileEntry[] => {
    const read = parseHostAddress(key);
    if (read === undefined) context.addIssue({ code: "custom", path: [key], message: wanted });
    return read === undefined ? [] : [{ address: read, settings: settingsOf(table) }];
  }),
);

const schema = z
  .strictObject({
    server: address.optional(),
    ...settingsShape,
    host: hosts.prefault({}),
    fallback: z.enum(["on-error", "never"], { error: '"on-error" or "never"' }).default("on-error"),
  })
  .transform(
    (table): HostsFile => ({
      server: table.server,
      serverSettings: settingsOf(table),
      hosts: table.host,
      fallback: table.fallback,
    }),
  );
