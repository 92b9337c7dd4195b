import { pinFields } from "../output/pin-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function unpinVerb(): Verb {
  return new Verb("unpin", "Let images be collected again")
    .helpGroup(groups.images)
    .argument("<pinned...>", "names or ids that were pinned")
    .example("stowage unpin registry.k8s.io/pause:3.10", "what the settings pin stays pinned")
    .answers(pinFields)
    .hints({ "not-found": 'see "stowage pin"' })
    .runs(async (call: Call, names: readonly string[]) => {
      const { unpinImages } = await import("../actions/pin-images.ts");
      await unpinImages(call, names);
    });
}
