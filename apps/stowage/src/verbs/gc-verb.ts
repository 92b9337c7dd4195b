import type { GcOptions } from "../actions/collect.ts";
import { usageFields } from "../output/usage-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function gcVerb(): Verb {
  return new Verb("gc", "Give back the disk of what nothing needs, as the settings have it")
    .helpGroup(groups.store)
    .option("-n, --dry-run", "only say what would go, and why")
    .example("stowage gc --dry-run", "what would go, what stays, and the reasons")
    .example("stowage gc", "give it back now; a daemon does so every hour")
    .answers({
      dryRun: "truth: whether nothing was done",
      ...usageFields("freed", "the disk that went, or would go"),
      ...thingFields("gone", "what went, or would go"),
      ...thingFields("kept", "what stays although no image needs it"),
    })
    .keeps("what was given back is gone, the rest is here")
    .runs(async (call: Call<GcOptions>) => {
      const { collect } = await import("../actions/collect.ts");
      await collect(call);
    });
}

function thingFields(path: string, means: string) {
  return {
    [`${path}.kind`]: `text: ${means}: a layer, a blob, or what is arriving of one`,
    [`${path}.digest`]: "text: its digest; of a layer, its chain id",
    [`${path}.bytes`]: "bytes: what it takes",
    [`${path}.inodes`]: "number: the files and directories of that",
    [`${path}.why`]:
      "text: the reason: unneeded, not-retained, too-old or over-budget; of what stays, retained, held or in-use",
    [`${path}.holders`]: "list of texts: who holds it",
  };
}
