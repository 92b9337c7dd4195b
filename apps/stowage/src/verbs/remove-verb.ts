import type { RemoveOptions } from "../actions/remove-images.ts";
import { imageFields } from "../output/image-fields.ts";
import { usageFields } from "../output/usage-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function removeVerb(): Verb {
  return new Verb("rm", "Remove images with all their names")
    .alias("rmi")
    .helpGroup(groups.images)
    .argument("[image...]", "names, ids or beginnings of ids")
    .option("-a, --all", "all images, but for those that are pinned")
    .option("-f, --force", "those that are pinned, too")
    .example("stowage rm alpine:3", "with all its names, and give back its disk")
    .example("stowage rm --all", "everything that is not pinned")
    .answers({
      ...imageFields,
      ...usageFields("freed", "the disk that was given back: what no other image and no mount needs"),
      holders: "list of texts: who still holds some of it; its disk is given back after them",
    })
    .hints({ ...seeImages, "failed-precondition": "--force removes it all the same" })
    .keeps("what was removed is gone, the rest is here")
    .runs(async (call: Call<RemoveOptions>, names: readonly string[]) => {
      const { removeImages } = await import("../actions/remove-images.ts");
      await removeImages(call, names);
    });
}
