import { readMounts } from "@stowage/linux";
import type { Mount } from "@stowage/snapshots";
import { linkNameOf } from "./layer-id.ts";
import type { OverlayLayout } from "./layout.ts";

/** The read-only mount of a stack of layers, ids bottom first. overlayfs wants two directories: `empty` is the second of one. */
export function overlayView(layout: OverlayLayout, ids: readonly string[]): Mount {
  const stack = ids.map((id) => layout.link(id)).toReversed();
  const [only, ...more] = ids;
  const lowers = only !== undefined && more.length === 0 ? [...stack, `${layout.layer(only)}/empty`] : stack;
  return { type: "overlay", source: "overlay", options: ["ro", `lowerdir=${lowers.map(escapeLower).join(":")}`] };
}

/**
 * Whether a layer is part of a mount that this process can see. Every store on a machine gives a layer the same short name: one
 * that stands without its directory may be anybody's, and counts.
 */
export function isMounted(layout: OverlayLayout, id: string): boolean {
  const name = linkNameOf(id);
  const spellings = [layout.link(id), layout.diff(id), `=l/${name}`, `:l/${name}`];
  return readMounts().some(({ type, superOptions }) => {
    const text = superOptions.join().replace(/\\(.)/g, "$1");
    return type === "overlay" && spellings.some((spelling) => text.includes(spelling));
  });
}

/** `:` separates lower directories and `,` separates options; a root with either in its path must not be taken apart. */
function escapeLower(path: string): string {
  return path.replace(/[\\:,]/g, (character) => `\\${character}`);
}
