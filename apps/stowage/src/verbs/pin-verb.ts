import { pinFields } from "../output/pin-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function pinVerb(): Verb {
  return new Verb("pin", "Keep images from being collected; alone, list what is pinned")
    .helpGroup(groups.images)
    .argument("[image...]", "names or ids; a name is pinned whichever image has it")
    .example("stowage pin registry.k8s.io/pause:3.10", "no kubelet removes it to make room")
    .example("stowage pin", "what is pinned, and by whom")
    .answers(pinFields)
    .hints(seeImages)
    .runs(async (call: Call, names: readonly string[]) => {
      const { pinImages } = await import("../actions/pin-images.ts");
      await pinImages(call, names);
    });
}
