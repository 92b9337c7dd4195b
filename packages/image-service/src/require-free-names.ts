import { StowageError } from "@stowage/errors";
import type { ImageIndex } from "@stowage/images";
import type { Digest } from "@stowage/oci";
import type { Pins } from "./pins.ts";

export interface NameDependencies {
  readonly images: Pick<ImageIndex, "findByName">;
  /** Of the settings, as they are now. */
  readonly pins: () => Pins;
}

export interface TakeOptions {
  /** Of the image that is to have the names. */
  readonly id: Digest;
  readonly handler: string | undefined;
  /** Whether a name may be taken from another image: one that is not pinned, any, or none. */
  readonly take: "unpinned" | "any" | "none";
}

/** Fails with `already-exists`, saying whose it is, where a name is another image's and may not be taken. */
export async function requireFreeNames(
  { images, pins }: NameDependencies,
  names: readonly string[],
  { id, handler, take }: TakeOptions,
): Promise<void> {
  if (take === "any") return;
  for (const name of names) {
    const other = await images.findByName(name, { handler });
    if (other === undefined || other.id === id) continue;
    const isPinned = other.pins.includes(name) || pins().matches(name);
    if (take === "unpinned" && !isPinned) continue;
    const why = `that is image ${other.id} here${isPinned ? ", and pinned" : ""}`;
    throw new StowageError("already-exists", `Cannot name image ${id} "${name}": ${why}`);
  }
}
