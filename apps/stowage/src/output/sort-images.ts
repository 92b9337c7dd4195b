import { type Image, imageSize } from "@stowage/images";
import { bestName } from "./best-name.ts";
import type { SortKey } from "./sort-keys.ts";

/** Names from A on; the largest, the last pulled and the last built first. Without a key, as they are. */
export function sortImages(images: readonly Image[], key: SortKey | undefined): readonly Image[] {
  return key === undefined ? images : images.toSorted(orders[key]);
}

const orders: Readonly<Record<SortKey, (one: Image, other: Image) => number>> = {
  name: (one, other) => bestName(one).localeCompare(bestName(other), "en"),
  size: (one, other) => imageSize(other) - imageSize(one),
  pulled: (one, other) => other.publishedAt - one.publishedAt,
  created: (one, other) => (other.created ?? "").localeCompare(one.created ?? "", "en"),
};
