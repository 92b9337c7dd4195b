import { StowageError } from "@stowage/errors";
import type { ImageVerbs, Removal } from "@stowage/image-service";
import { imageJson } from "../output/describe-image.ts";
import { formatFreed } from "../output/format-freed.ts";
import { pinOf, requireUnpinned } from "../store/pinned.ts";
import type { Call } from "../verbs/call.ts";

export interface RemoveOptions {
  readonly all?: boolean;
  readonly force?: boolean;
}

/** Removes images one after the other, and prints what went and what disk that gave back. */
export async function removeImages(call: Call<RemoveOptions>, names: readonly string[]): Promise<void> {
  const { options } = call;
  if ((names.length === 0) !== (options.all === true))
    throw new StowageError("invalid-argument", "Cannot remove images: name them, or say --all");
  await using open = await call.open();
  const meant = options.all === true ? await listRemovable(open.images, call) : names;
  const removals = await call.each(meant, (name) => removeOne(open.images, name, call));
  call.print({
    list: removals.map(({ image, freed: { bytes, inodes }, holders }) => {
      return { ...imageJson(image), freed: { bytes, inodes }, holders };
    }),
    screen: () => [...removals.flatMap(({ image }) => namesOf(image)), ...freedLine(removals)],
  });
}

async function listRemovable(images: ImageVerbs, { signal, options }: Call<RemoveOptions>): Promise<readonly string[]> {
  const pins = options.force === true ? [] : await images.pins({ signal });
  const all = await images.list({ signal, damagedToo: true });
  return [...new Set(all.filter((image) => pinOf(image, pins) === undefined).map(({ id }) => id))];
}

async function removeOne(images: ImageVerbs, name: string, call: Call<RemoveOptions>): Promise<Removal> {
  const { signal, options } = call;
  if (options.force !== true) await requireUnpinned(images, name, { signal, action: "remove" });
  const removal = await images.remove(name, { signal, endLease: true });
  if (removal === undefined) throw new StowageError("not-found", `Cannot remove image "${name}": it is not here`);
  return removal;
}

function namesOf({ tags, digests, id }: Removal["image"]): readonly string[] {
  return [...tags, ...digests, id];
}

function freedLine(removals: readonly Removal[]): readonly string[] {
  return removals.length === 0 ? [] : [formatFreed(removals)];
}
