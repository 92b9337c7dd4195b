import type { ExplainOptions } from "../actions/explain-reference.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { withRegistryOptions } from "./registry-options.ts";
import { Verb } from "./verb.ts";

export function explainVerb(): Verb {
  return withRegistryOptions(new Verb("explain", "Say how a name will be resolved: who is asked, as whom, and why"))
    .helpGroup(groups.registries)
    .argument("<reference>", "like alpine:3")
    .option("--platform <os/arch>", "the platform to choose (default: this machine's)")
    .example("stowage explain alpine", "what the name means, and which hosts are asked in which order")
    .answers({
      name: "text: what was said",
      reference: "text: what it means, in full",
      candidates: "list of texts: all that it may mean, in the order in which it is tried",
      ambiguity: "text: why none of several is pulled by that name; left out where there is no such reason",
      platform: "text: what is chosen from an index",
      because: "text: what decides where it is asked for: hosts-file, registries-conf or domain",
      file: "text: the file that decides; left out where none does",
      prefix: "text: the prefix in that file",
      "hosts.url": "text: a host that is asked, first choice first",
      "hosts.path": "text: what the repository is called there",
      "hosts.role": "text: origin, or mirror",
      "hosts.for": "list of texts: what it is asked for: resolve, pull, push, referrers",
      "hosts.scheme": "text: https, http, or https and then http",
      "hosts.proxy": "text: through which host it is asked; left out where there is none",
      "hosts.certificates": "text: any, or the machine's with some of its own; left out where they are the machine's",
      "hosts.user": "text: as whom it is asked: a user name, a token, or nobody",
      "hosts.credential": "text: where that is from: --creds, or a file, or a program that a file names",
      here: "text: the id of the image that has the name here now; left out where there is none",
    })
    .runs(async (call: Call<ExplainOptions>, reference: string) => {
      const { explainReference } = await import("../actions/explain-reference.ts");
      await explainReference(call, reference);
    });
}
