import { StowageError } from "@stowage/errors";
import { imageFields } from "../output/image-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function removeVerb(): Verb {
  return new Verb("rm", "Remove images with all their names")
    .helpGroup(groups.images)
    .argument("<image...>", "names, ids or beginnings of ids")
    .example("stowage rm alpine:3", "with all its names, and give back its disk")
    .example("stowage rm $(stowage images -q)", "all images")
    .answers(imageFields)
    .hints(seeImages)
    .runs(async (call: Call, names: readonly string[]) => {
      const { imageJson } = await import("../output/describe-image.ts");
      await using open = await call.open();
      const { signal } = call;
      const removed = await call.each(names, async (name) => {
        const removal = await open.images.remove(name, { signal, endLease: true });
        if (removal === undefined) throw new StowageError("not-found", `Cannot remove image "${name}": it is not here`);
        return removal.image;
      });
      call.print({
        list: removed.map(imageJson),
        screen: () => removed.flatMap(({ tags, digests, id }) => [...tags, ...digests, id]),
      });
    });
}
