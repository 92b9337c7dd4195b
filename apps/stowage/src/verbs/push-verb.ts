import type { PushOptions } from "../actions/push-image.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { withRegistryOptions } from "./registry-options.ts";
import { seeRegistry } from "./see-registry.ts";
import { Verb } from "./verb.ts";

export function pushVerb(): Verb {
  return withRegistryOptions(new Verb("push", "Send an image of this store to a registry"))
    .helpGroup(groups.registries)
    .argument("<image>", "a name, an id or the beginning of one")
    .argument("[reference]", "where it goes, and its name there (default: the image's own name)")
    .option("-q, --quiet", "tell nothing on the way")
    .example("stowage push registry.example/app:1", "to the registry in its name")
    .example("stowage push 4abcf2066143 registry.example/app:1", "under another name")
    .answers({
      reference: "text: its name there",
      digest: "text: the digest of its manifest, which is as it is here",
      pushed: "number: how many blobs were sent",
      mounted: "number: how many the registry took from another of its repositories",
      present: "number: how many were there already",
      bytes: "bytes: what was sent",
    })
    .hints({ ...seeRegistry, "not-found": 'see "stowage images"', unavailable: "what was sent need not be sent again" })
    .keeps("what was sent need not be sent again")
    .runs(async (call: Call<PushOptions>, image: string, reference: string | undefined) => {
      const { pushImage } = await import("../actions/push-image.ts");
      await pushImage(call, image, reference);
    });
}
