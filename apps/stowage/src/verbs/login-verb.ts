import type { LoginOptions } from "../actions/log-in.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function loginVerb(): Verb {
  return new Verb("login", "Keep a user name and password for a registry, once it has taken them")
    .helpGroup(groups.registries)
    .argument("[registry]", "its host and port (default: docker.io)")
    .option("-u, --username <name>", "the user name; asked for on a terminal, where it is left out")
    .option("--password-stdin", "read the password from standard input, not from the terminal")
    .option("--authfile <file>", "where they are kept, in place of the usual files")
    .option("--plain-http", "speak http to the registry, not https")
    .example("stowage login ghcr.io -u me", "asks for the password, which is not shown")
    .example("stowage login ghcr.io -u me --password-stdin < token", "for scripts")
    .answers(loginFields)
    .hints({ unauthenticated: "nothing was kept" })
    .runs(async (call: Call<LoginOptions>, registry: string | undefined) => {
      const { logIn } = await import("../actions/log-in.ts");
      await logIn(call, registry ?? "docker.io");
    });
}

/** Where a login is kept. */
export const loginFields = {
  registry: "text: the host",
  username: "text: the user name",
  file: "text: the file that it is in, or that names the program which has it",
  program: "text: the credential program that has it; left out where the file itself does",
};
