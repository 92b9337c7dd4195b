import type { Verb } from "./verb.ts";

/** Adds them to a verb. */
export function withRegistryOptions(verb: Verb): Verb {
  return verb
    .option("--plain-http", "speak http to the registry, not https")
    .option("--creds <user:password>", "a credential for the registry")
    .option("--authfile <file>", "a docker config.json or podman auth.json with credentials");
}
