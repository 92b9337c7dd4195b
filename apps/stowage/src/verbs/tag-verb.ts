import { imageFields } from "../output/image-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

interface TagOptions {
  readonly force?: boolean;
}

export function tagVerb(): Verb {
  return new Verb("tag", "Give an image more names")
    .helpGroup(groups.images)
    .argument("<image>", "a name, an id or the beginning of one")
    .argument("<name...>", "the names that it gets; one that another image has is taken from it")
    .option("-f, --force", "take a name although it is pinned")
    .example("stowage tag alpine:3 registry.example/base:1", "one image, two names")
    .answers(imageFields)
    .hints({ ...seeImages, "already-exists": "--force takes the name all the same" })
    .runs(async (call: Call<TagOptions>, image: string, names: readonly string[]) => {
      const { tagImage } = await import("../actions/tag-image.ts");
      await tagImage(call, { image, names, force: call.options.force });
    });
}
