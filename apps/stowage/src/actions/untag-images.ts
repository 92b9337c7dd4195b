import { openNodeNames } from "@stowage/core";
import { type AbortOptions, StowageError } from "@stowage/errors";
import type { Untagging } from "@stowage/image-service";
import { formatFreed } from "../output/format-freed.ts";
import type { OpenImages } from "../store/open-images.ts";
import { requireUnpinned } from "../store/pinned.ts";
import type { Call } from "../verbs/call.ts";

export interface UntagOptions {
  readonly force?: boolean;
}

/** Takes names, one after the other, and prints what became of them. */
export async function untagImages(call: Call<UntagOptions>, names: readonly string[]): Promise<void> {
  const { signal, options } = call;
  await using open = await call.open();
  const taken = await call.each(names, async (name) => {
    if (options.force !== true) await requireUnpinned(open.images, name, { signal, action: "untag" });
    const untagging = await untagFirst(open, name, { signal });
    if (untagging === undefined) throw new StowageError("not-found", `Cannot untag "${name}": no image has it`);
    return untagging;
  });
  call.print({ list: taken.map(untaggingJson), screen: () => taken.flatMap(describe) });
}

/** What a short name stands for: the first that an image has. */
async function untagFirst({ images, settings }: OpenImages, name: string, options: AbortOptions) {
  const { references } = await openNodeNames(settings.registry).candidates(name, options);
  for (const reference of references) {
    const untagging = await images.untag(reference, options);
    if (untagging !== undefined) return untagging;
  }
  return undefined;
}

function untaggingJson({ image, names, removal }: Untagging) {
  const left = removal === undefined ? [...image.tags, ...image.digests] : [];
  const { bytes, inodes } = removal?.freed ?? { bytes: 0, inodes: 0 };
  return { image: image.id, names, left, isRemoved: removal !== undefined, freed: { bytes, inodes } };
}

function describe({ image, names, removal }: Untagging): readonly string[] {
  return removal === undefined ? names : [...names, image.id, formatFreed([removal])];
}
