import { StowageError } from "@stowage/errors";
import type { Image } from "@stowage/images";

/** Whether everything that the image needs is here, as far as anybody has looked. */
export function isReady({ damage }: Image): boolean {
  return damage.length === 0;
}

/** Fails with `data-loss`, saying what is lost and what helps, unless the image is READY. */
export function requireReady(image: Image, action: string): void {
  const [first, ...more] = image.damage;
  if (first === undefined) return;
  const others = more.length === 0 ? "" : `, and ${more.length} more`;
  const why = `${first.resource} ${first.why}${others}; pull it again`;
  throw new StowageError("data-loss", `Cannot ${action} image ${image.id}: ${why}`);
}
