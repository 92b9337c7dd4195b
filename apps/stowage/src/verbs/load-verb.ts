import type { LoadOptions } from "../actions/load-images.ts";
import { imageFields } from "../output/image-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function loadVerb(): Verb {
  return new Verb("load", "Bring images here from an archive, verified and unpacked")
    .helpGroup(groups.images)
    .argument("[file]", "an archive of docker's or OCI's, also compressed, or a directory (default: stdin)")
    .option("-i, --input <file>", "the same")
    .option("--name <name>", "what to call the only image of the archive, whatever the archive says")
    .option("--platform <os/arch>", "the platform to choose (default: this machine's)")
    .option("-f, --force", "take names that other images have, pinned or not")
    .option("-q, --quiet", "tell nothing on the way")
    .example("stowage load -i images.tar", "all its images, each with its names")
    .example("ssh host docker save app:1 | stowage load", "a stream is kept in /var/tmp while it is read")
    .answers(imageFields)
    .hints({
      "not-found": "--platform chooses another one",
      "already-exists": "--force takes the name all the same",
    })
    .keeps("images that were whole are here; what had arrived of others is kept for the next try")
    .runs(async (call: Call<LoadOptions>, file: string | undefined) => {
      const { loadImages } = await import("../actions/load-images.ts");
      await loadImages(call, file);
    });
}
