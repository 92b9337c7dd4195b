import { isStowageError, StowageError } from "@stowage/errors";
import { findShortName, type NameCandidates, parseReference, type Reference, type ShortName } from "@stowage/reference";
import type { RegistriesConf } from "./registries-conf.ts";

/**
 * The references that a name may stand for (containers-registries.conf(5), "NOTE: RISK OF USING UNQUALIFIED IMAGE NAMES"). A name
 * with a registry is itself. A short one is what an alias says, else that name in each of the registries to search, else, where
 * nobody has set any of that, in Docker Hub. Fails with `invalid-argument`, naming `file`, where what is set leaves nothing.
 */
export function candidatesOf(conf: RegistriesConf, text: string, { file }: { readonly file: string }): NameCandidates {
  const short = findShortName(text);
  if (short === undefined) return { references: [parseReference(text)] };
  const alias = findAlias(conf, short);
  if (alias !== undefined) return { references: [aliased(short, alias, file)] };
  const registries = conf.unqualifiedSearchRegistries ?? (conf.shortNameMode === undefined ? undefined : []);
  if (registries === undefined) return { references: [parseReference(text)] };
  if (registries.length === 0) {
    const why = `short-name ${JSON.stringify(text)} did not resolve to an alias and no unqualified-search registries are defined in ${JSON.stringify(file)}`;
    throw new StowageError("invalid-argument", `Cannot find an image: ${why}; name its registry as well`);
  }
  const references = registries.map((registry) => searched(short, registry, file));
  const isAmbiguous = conf.shortNameMode === "enforcing" && references.length > 1;
  return isAmbiguous ? { references, ambiguity: ambiguityOf(text, registries) } : { references };
}

/** An empty one takes back an earlier one. */
function findAlias({ aliases }: RegistriesConf, { name }: ShortName): string | undefined {
  return Object.hasOwn(aliases, name) ? aliases[name] || undefined : undefined;
}

function ambiguityOf(text: string, registries: readonly string[]): string {
  const name = `short name mode is enforcing, but image name ${text} returns ambiguous list`;
  return `${name}: ${registries.join(", ")}; name its registry as well`;
}

function searched({ name, object }: ShortName, registry: string, file: string): Reference {
  return qualified(`${registry}/${name}${object}`, `the unqualified-search registry ${JSON.stringify(registry)}`, file);
}

/** What is said of tag and digest stays as it is said. */
function aliased({ name, object }: ShortName, alias: string, file: string): Reference {
  const what = `the alias ${JSON.stringify(name)}`;
  if (/@|:[^/]*$/.test(alias)) throw refusal(what, file);
  return qualified(`${alias}${object}`, what, file);
}

function qualified(text: string, what: string, file: string): Reference {
  try {
    if (findShortName(text) === undefined) return parseReference(text);
  } catch (cause) {
    if (!isStowageError(cause, "invalid-argument")) throw cause;
    throw refusal(what, file, { cause });
  }
  throw refusal(what, file);
}

function refusal(what: string, file: string, options?: ErrorOptions): StowageError {
  const why = `${what} in ${JSON.stringify(file)} is no place of a repository, like "registry.example/team/app"`;
  return new StowageError("invalid-argument", `Cannot find an image: ${why}`, options);
}
