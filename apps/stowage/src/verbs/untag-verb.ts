import type { UntagOptions } from "../actions/untag-images.ts";
import { usageFields } from "../output/usage-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function untagVerb(): Verb {
  return new Verb("untag", "Take names from images; an image goes with its last name")
    .helpGroup(groups.images)
    .argument("<name...>", "the names to take")
    .option("-f, --force", "take a name although it is pinned")
    .example("stowage untag registry.example/base:1", "the image stays under its other names")
    .answers({
      image: "text: the id of the image that had the name",
      names: "list of texts: what was taken: the digest names of a repository go with its last tag",
      left: "list of texts: the names that the image still has",
      isRemoved: "truth: whether the image went with its last name",
      ...usageFields("freed", "the disk that was given back"),
    })
    .hints({ ...seeImages, "failed-precondition": "--force takes it all the same" })
    .runs(async (call: Call<UntagOptions>, names: readonly string[]) => {
      const { untagImages } = await import("../actions/untag-images.ts");
      await untagImages(call, names);
    });
}
