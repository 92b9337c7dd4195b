import { linkNameOf } from "@stowage/containers-storage";
import { StowageError } from "@stowage/errors";
import { type MountEntry, mountHolding, readMounts } from "@stowage/linux";
import type { Mount } from "@stowage/snapshots";
import type { ShowOptions, ShowWritableOptions } from "./layer-driver.ts";
import type { OverlayLayout } from "./layout.ts";
import { escapePath, featureOptions, type OverlayFeatures } from "./probe-overlay.ts";

/** The read-only mount of a stack of layers, ids bottom first. overlayfs wants two directories: `empty` is the second of one. */
export function overlayView(
  layout: OverlayLayout,
  ids: readonly string[],
  { idMap, features }: ShowOptions & Featured,
): Mount {
  const lowers = linksOf(layout, ids);
  const [only, ...more] = ids;
  if (only !== undefined && more.length === 0) lowers.push(`${layout.layer(only)}/empty`);
  return { type: "overlay", source: "overlay", options: ["ro", lowerDirs(lowers), ...featureOptions(features)], idMap };
}

interface Featured {
  readonly features: OverlayFeatures;
}

/** The mount of a stack with the directories `diff` and `work` of a writable snapshot above it. */
export function overlayWritable(
  layout: OverlayLayout,
  ids: readonly string[],
  { directory, volatile, idMap, features }: ShowWritableOptions & Featured & { readonly directory: string },
): Mount {
  const options = [
    lowerDirs(linksOf(layout, ids)),
    `upperdir=${escapePath(`${directory}/diff`)}`,
    `workdir=${escapePath(`${directory}/work`)}`,
    ...featureOptions(features),
    ...(volatile === true && features.volatile ? ["volatile"] : []),
  ];
  return { type: "overlay", source: "overlay", options, idMap };
}

/** The short links of a stack, top first. */
function linksOf(layout: OverlayLayout, ids: readonly string[]): string[] {
  if (ids.length <= maxLayers) return ids.map((id) => layout.link(id)).toReversed();
  const why = `there are ${ids.length}, and overlayfs takes ${maxLayers} at the most`;
  throw new StowageError("failed-precondition", `Cannot mount layers: ${why}`);
}

/** OVL_MAX_STACK of the kernel. */
const maxLayers = 500;

function lowerDirs(paths: readonly string[]): string {
  return `lowerdir=${paths.map(escapePath).join(":")}`;
}

/**
 * Whether a layer is part of a mount that this process can see. Every store on a machine gives a layer the same short name: one
 * that stands without its directory may be anybody's, and counts.
 */
export function isMounted(layout: OverlayLayout, id: string): boolean {
  const name = linkNameOf(id);
  // With mapped ids, a layer is told by its path from the root of the mount that it is on.
  const inMount = layout.diff(id).slice(mountHolding(layout.diff(id))?.target.replace(/\/$/, "").length);
  const spellings = [layout.link(id), layout.diff(id), `=${inMount},`, `=l/${name}`, `:l/${name}`];
  return overlays().some((options) => spellings.some((spelling) => options.includes(spelling)));
}

/** Whether the upper directory of a writable snapshot is. */
export function isUpperMounted(directory: string): boolean {
  return overlays().some((options) => options.includes(`,upperdir=${directory}/diff,`));
}

/** The options of each overlay, as they were written before they were escaped, between commas. */
function overlays(): readonly string[] {
  const optionsOf = ({ superOptions }: MountEntry): string => `,${superOptions.join().replace(/\\(.)/g, "$1")},`;
  return readMounts()
    .filter(({ type }) => type === "overlay")
    .map(optionsOf);
}
