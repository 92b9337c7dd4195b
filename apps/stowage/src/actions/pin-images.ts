import type { ImageVerbs, Pin } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import type { Screen } from "../output/screen.ts";
import { shortDigest } from "../output/short-digest.ts";
import { pinOf } from "../store/pinned.ts";
import type { Call } from "../verbs/call.ts";

/** Pins images, and prints their pins; without any, prints all that there are. */
export async function pinImages(call: Call, names: readonly string[]): Promise<void> {
  await using open = await call.open();
  const { signal } = call;
  const pins =
    names.length === 0
      ? await open.images.pins({ signal })
      : await call.each(names, (name) => open.images.pin(name, { signal }));
  await print(call, open.images, pins);
}

/** Ends pins, and prints what they were. */
export async function unpinImages(call: Call, names: readonly string[]): Promise<void> {
  await using open = await call.open();
  const { signal } = call;
  const pins = await call.each(names, (name) => open.images.unpin(name, { signal }));
  await print(call, open.images, pins);
}

async function print(call: Call, images: ImageVerbs, pins: readonly Pin[]): Promise<void> {
  const all = await images.list({ signal: call.signal, damagedToo: true });
  const list = pins.map(({ pattern, by }) => ({ pattern, by, images: pinnedBy({ pattern, by }, all) }));
  call.print({ list, screen: () => screenOf(list) });
}

function pinnedBy(pin: Pin, images: readonly Image[]): readonly string[] {
  return images.filter((image) => pinOf(image, [pin]) !== undefined).map(({ id }) => id);
}

function screenOf(pins: readonly (Pin & { readonly images: readonly string[] })[]): Screen {
  const rows = pins.map(({ pattern, by, images }) => [pattern, by, images.map(shortDigest).join(" ") || "-"]);
  return [{ head: ["PINNED", "BY", "IMAGES"], rows }];
}
