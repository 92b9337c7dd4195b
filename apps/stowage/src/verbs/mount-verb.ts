import { StowageError } from "@stowage/errors";
import { listMounts } from "../store/list-mounts.ts";
import { findDirectory, mountImage } from "../store/mount-image.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function mountVerb(): Verb {
  return new Verb("mount", "Mount an image's root file system, read-only; alone, list what is mounted")
    .helpGroup(groups.files)
    .argument("[image]", "a name, an id or the beginning of one")
    .argument("[dir]", "an existing directory")
    .example("stowage mount alpine:3 /mnt", "show its files under /mnt; this needs root")
    .example("stowage mount", "what of this store is mounted, and where")
    .answers({
      image: "text: the id of the image; empty where no image has these layers any more",
      target: "text: where it is mounted, without links on the way",
    })
    .hints(seeImages)
    .runs(async (call: Call, name: string | undefined, dir: string | undefined) => {
      await using open = await call.open();
      if (name === undefined) {
        const mounts = await listMounts(open, call);
        const rows = mounts.map(({ name: shown, target }) => [shown, target]);
        const list = mounts.map(({ image, target }) => ({ image, target }));
        call.print({ list, screen: () => [{ head: ["IMAGE", "MOUNTED AT"], rows }] });
        return;
      }
      if (dir === undefined)
        throw new StowageError("invalid-argument", `Cannot mount "${name}": there is no directory to mount it at`);
      const mounted = await mountImage(open, { name, target: await findDirectory(dir) }, call);
      call.print({ one: mounted, screen: () => [mounted.target] });
    });
}
