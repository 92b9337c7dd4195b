import { Option } from "commander";
import type { InspectOptions } from "../actions/inspect-image.ts";
import { imageFields } from "../output/image-fields.ts";
import { inspectTypes } from "../output/inspect-types.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function inspectVerb(): Verb {
  return new Verb("inspect", "Show what an image is, or a document or the layers of it")
    .helpGroup(groups.images)
    .argument("<image>", "a name, an id or the beginning of one")
    .addOption(
      new Option("-t, --type <what>", "what of it is shown; --json has all of it")
        .choices(inspectTypes)
        .default("image"),
    )
    .example("stowage inspect alpine:3", "what it is, for people")
    .example("stowage inspect --type config alpine:3", "its config as it came; on a terminal, with an indent")
    .example("stowage inspect --format '{{json .imageConfig.config.Env}}' alpine:3", "a part of its config")
    .answers({
      ...imageFields,
      imageManifest:
        "map: the image's manifest, as it came; left out where it is lost or no JSON that can be printed, as are the next two",
      imageIndex: "map: the index that it was chosen from, where there was one",
      imageConfig: "map: the image's config",
    })
    .hints(seeImages)
    .runs(async (call: Call<InspectOptions>, name: string) => {
      const { inspectImage } = await import("../actions/inspect-image.ts");
      await inspectImage(call, name);
    });
}
