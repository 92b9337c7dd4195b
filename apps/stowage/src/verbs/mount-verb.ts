import { findDirectory, mountImage } from "../store/mount-image.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function mountVerb(): Verb {
  return new Verb("mount", "Mount an image's root file system, read-only")
    .helpGroup(groups.files)
    .argument("<image>", "a name, an id or the beginning of one")
    .argument("<dir>", "an existing directory")
    .example("stowage mount alpine:3 /mnt", "show its files under /mnt; this needs root")
    .answers(mountFields)
    .hints(seeImages)
    .runs(async (call: Call, name: string, dir: string) => {
      await using open = await call.open();
      const mounted = await mountImage(open.images, { name, target: await findDirectory(dir) }, call);
      call.print({ one: mounted, screen: () => [mounted.target] });
    });
}

const mountFields = {
  image: "text: the id of the image",
  target: "text: where it is mounted, without links on the way",
};
