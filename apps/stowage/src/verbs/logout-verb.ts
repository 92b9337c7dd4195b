import type { LogoutOptions } from "../actions/log-out.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function logoutVerb(): Verb {
  return new Verb("logout", "Forget the user name and password for a registry")
    .helpGroup(groups.registries)
    .argument("[registry]", "its host and port (default: docker.io)")
    .option("--authfile <file>", "where they are kept, in place of the usual files")
    .example("stowage logout ghcr.io", "wherever they are kept")
    .answers({
      registry: "text: the host",
      file: "text: a file that had it, or that names the program which had it",
      program: "text: the credential program that had it; left out where the file itself did",
    })
    .hints({ "not-found": '"stowage explain" says where credentials are looked for' })
    .runs(async (call: Call<LogoutOptions>, registry: string | undefined) => {
      const { logOut } = await import("../actions/log-out.ts");
      await logOut(call, registry ?? "docker.io");
    });
}
