import { Secret } from "@stowage/auth";
import { z } from "zod";
import { parseDuration } from "./duration.ts";
import { allCapabilities, type HostCapability, type HostHeaders, type IdentityFiles } from "./planned-host.ts";

/** What hosts.toml says of one host; paths of files as they are written there. */
export interface HostSettings {
  readonly capabilities: ReadonlySet<HostCapability>;
  readonly authorities: readonly string[];
  readonly identities: readonly IdentityFiles[];
  readonly skipVerify: boolean;
  readonly headers: HostHeaders;
  /** The path of the address is the root of the API as it is, without `/v2`. */
  readonly overridePath: boolean;
  readonly dialMilliseconds: number | undefined;
}

const file = z.string({ error: "the path of a file" }).min(1, { error: "the path of a file" });

const capabilities = z
  .array(z.enum(["pull", "resolve", "push", "referrers"], { error: '"pull", "resolve", "push" or "referrers"' }), {
    error: 'a list of "pull", "resolve", "push" and "referrers"',
  })
  .min(1, { error: "at least one capability" })
  .transform((list): ReadonlySet<HostCapability> => new Set(list));

const authorities = z
  .union([file, z.array(file)], { error: "the path of a file, or a list of them" })
  .transform((files) => [files].flat());

const identity = z.union(
  [
    file.transform((certificate): IdentityFiles => ({ certificate })),
    z
      .tuple([file, z.string()])
      .transform(([certificate, key]): IdentityFiles => (key === "" ? { certificate } : { certificate, key })),
  ],
  { error: "the path of a file, or a pair of certificate and key" },
);

const identities = z
  .union([file.transform((certificate): IdentityFiles[] => [{ certificate }]), z.array(identity)], {
    error: "the path of a file, a list of them, or a list of pairs of certificate and key",
  })
  .transform((list): readonly IdentityFiles[] => list);

/** RFC 9110, sections 5.1 and 5.5. */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const headerValue = z
  .string()
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, { error: "a text that a header can have" })
  .transform((text) => new Secret(text));

const headers = z
  .record(
    z.string().regex(headerName, { error: "the name of a header" }),
    z.union([headerValue.transform((value) => [value]), z.array(headerValue)], {
      error: "a text that a header can have, or a list of them",
    }),
  )
  .transform((table): HostHeaders => table);

const flag = z.boolean({ error: "true or false" }).default(false);

const duration = z.string({ error: 'a duration, like "10s"' }).transform((text, context) => {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) context.addIssue({ code: "custom", message: 'a duration, like "10s"' });
  return milliseconds === 0 ? undefined : milliseconds;
});

/** What is read from the keys of a host. */
export interface SettingsTable {
  readonly capabilities: ReadonlySet<HostCapability>;
  readonly ca: readonly string[];
  readonly client: readonly IdentityFiles[];
  readonly skip_verify: boolean;
  readonly header: HostHeaders;
  readonly override_path: boolean;
  readonly dial_timeout: number | undefined;
}

/** The keys of a host, as they stand at the root of the file for `server` and in each `[host."…"]`. */
export const settingsShape: { readonly [Key in keyof SettingsTable]: z.ZodType<SettingsTable[Key]> } = {
  capabilities: capabilities.default(allCapabilities),
  ca: authorities.default([]),
  client: identities.default([]),
  skip_verify: flag,
  header: headers.default({}),
  override_path: flag,
  dial_timeout: duration.optional(),
};

export function settingsOf(table: SettingsTable): HostSettings {
  return {
    capabilities: table.capabilities,
    authorities: table.ca,
    identities: table.client,
    skipVerify: table.skip_verify,
    headers: table.header,
    overridePath: table.override_path,
    dialMilliseconds: table.dial_timeout,
  };
}
