import { type AbortOptions, StowageError } from "@stowage/errors";
import { type ImageVerbs, type Pin, Pins } from "@stowage/image-service";
import type { Image } from "@stowage/images";

/** What pins an image, if anything does. */
export function pinOf(image: Image, pins: readonly Pin[]): Pin | undefined {
  return pins.find(({ pattern }) => new Pins([pattern]).has({ ...image, pins: [] }));
}

export interface RequireUnpinnedOptions extends AbortOptions {
  /** Completes "Cannot … ": `remove`. */
  readonly action: string;
}

/** Fails with `failed-precondition`, saying by what, where the image that `name` means is pinned. One that is not here is not. */
export async function requireUnpinned(
  images: ImageVerbs,
  name: string,
  { action, signal }: RequireUnpinnedOptions,
): Promise<void> {
  const image = await images.find(name, { signal });
  const pin = image === undefined ? undefined : pinOf(image, await images.pins({ signal }));
  if (pin !== undefined)
    throw new StowageError("failed-precondition", `Cannot ${action} "${name}": ${describePin(pin)}`);
}

function describePin({ pattern, by }: Pin): string {
  return by === "settings" ? `the settings pin "${pattern}"` : `it is pinned as "${pattern}"`;
}
