import { decodeToml } from "@stowage/toml";
import { z } from "zod";
import { type RegistryEntry, registriesSchema } from "./registry-entries.ts";

/** containers' registries.conf, version 2. */
export interface RegistriesConf {
  /** One for each prefix, in the order of the file. */
  readonly registries: readonly RegistryEntry[];
  /** Where short names are looked for; `undefined` where the file does not say. */
  readonly unqualifiedSearchRegistries: readonly string[] | undefined;
  readonly shortNameMode: "enforcing" | "permissive" | "disabled" | undefined;
  /** Short names and what they mean; an empty text takes away what an earlier file said. */
  readonly aliases: Readonly<Record<string, string>>;
}

/** What a missing file says. */
export const emptyRegistriesConf: RegistriesConf = {
  registries: [],
  unqualifiedSearchRegistries: undefined,
  shortNameMode: undefined,
  aliases: {},
};

/**
 * Reads registries.conf. Fails with `invalid-argument`, naming `name`, the line and the key, where anything is not known, is
 * ill-formed, or contradicts itself, and for version 1.
 */
export function decodeRegistriesConf(text: string, name: string): RegistriesConf {
  const { registry, aliases, ...table } = decodeToml(text, { noun: "registries file", name }, schema);
  return {
    registries: registry.map((entry) => ({ file: name, ...entry })),
    unqualifiedSearchRegistries: table["unqualified-search-registries"],
    shortNameMode: table["short-name-mode"],
    aliases,
  };
}

/** The main file and then its drop-ins: a later file replaces what an earlier one says, each prefix and each alias as a whole. */
export function mergeRegistriesConf(files: readonly RegistriesConf[]): RegistriesConf {
  return files.reduce((earlier, later) => {
    const replaced = new Set(later.registries.map(({ prefix }) => prefix));
    return {
      registries: [...earlier.registries.filter(({ prefix }) => !replaced.has(prefix)), ...later.registries],
      unqualifiedSearchRegistries: later.unqualifiedSearchRegistries ?? earlier.unqualifiedSearchRegistries,
      shortNameMode: later.shortNameMode ?? earlier.shortNameMode,
      aliases: { ...earlier.aliases, ...later.aliases },
    };
  }, emptyRegistriesConf);
}

const texts = z.array(z.string({ error: "a text" }), { error: "a list of texts" });
const version1 = z
  .never({ error: "version 1 of this format; rewrite it as version 2, with [[registry]] tables" })
  .optional();

const schema = z.strictObject({
  registry: registriesSchema.default([]),
  "unqualified-search-registries": texts.optional(),
  "short-name-mode": z
    .enum(["enforcing", "permissive", "disabled"], { error: '"enforcing", "permissive" or "disabled"' })
    .optional(),
  aliases: z.record(z.string(), z.string({ error: "a text" })).default({}),
  "credential-helpers": texts.optional(),
  "additional-layer-store-auth-helper": z.string({ error: "a text" }).optional(),
  registries: version1,
});
