import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function catVerb(): Verb {
  return new Verb("cat", "Print files of images, one after the other, without mounting anything")
    .helpGroup(groups.files)
    .argument("<image:path...>", "an image and a file in it; links are followed inside the image")
    .example("stowage cat alpine:3:/etc/os-release", "a file of an image that is here")
    .hints(seeImages)
    .runs(async (call: Call, places: readonly string[]) => {
      const { printFiles } = await import("../actions/print-files.ts");
      await printFiles(call, places);
    });
}
