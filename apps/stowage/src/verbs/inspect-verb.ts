import { imageFields } from "../output/image-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function inspectVerb(): Verb {
  return new Verb("inspect", "Show what an image is; with --json, with its config")
    .helpGroup(groups.images)
    .argument("<image>", "a name, an id or the beginning of one")
    .example("stowage inspect alpine:3", "what it is, for people")
    .example("stowage inspect --json alpine:3", "all that is known of it, with its config")
    .example("stowage inspect --format '{{json .imageConfig.config.Env}}' alpine:3", "a part of its config")
    .answers({
      ...imageFields,
      imageConfig: "map: the image's config, as it came; left out where the image is damaged",
    })
    .hints(seeImages)
    .runs(async (call: Call, name: string) => {
      const { inspectImage } = await import("../actions/inspect-image.ts");
      await inspectImage(call, name);
    });
}
