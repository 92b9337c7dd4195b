import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { linkNameOf } from "@stowage/containers-storage";
import { ifThere } from "@stowage/errors";
import { changeOwnerAt, isPrivileged, makeDirectory, writeText } from "@stowage/linux";
import type { Usage } from "@stowage/snapshots";
import { fileAt, findPlace, type TreePlace } from "@stowage/stacked-tree";
import { copyAttributes } from "./copy-up.ts";
import { ownerOutside } from "./id-map.ts";
import { findText } from "./inspect-layer.ts";
import type { LayerDriver, SettledLayer, ShowOptions } from "./layer-driver.ts";
import type { OverlayLayout } from "./layout.ts";
import { tarSplitName } from "./layout.ts";
import { isMounted, isUpperMounted, overlayView, overlayWritable } from "./overlay-mounts.ts";
import type { OverlayFeatures } from "./probe-overlay.ts";
import { lowerText, restoreLink } from "./short-link.ts";

/** Each layer in a directory of its own, stacked by overlayfs, in the layout of containers/storage's overlay driver. */
export function overlayDriver(
  layout: OverlayLayout,
  { features, keepsTarSplit }: { readonly features: OverlayFeatures; readonly keepsTarSplit: boolean },
): LayerDriver {
  return {
    layout,
    linkDirectories: [layout.links],
    needed: (lowers) => lowers,
    tarSplit: (staging) => (keepsTarSplit ? join(staging, tarSplitName) : undefined),
    finished: (staging) => staging,
    finish: (layer) => describeLayer(layer),
    link: (id) => restoreLink(layout, id),
    unlink: (id) => rm(layout.link(id), { force: true }),
    inspectLinks: (ids) => inspectLinks(layout, ids),
    view: (ids, show) => overlayView(layout, ids, { ...show, features }),
    isMounted: (id) => isMounted(layout, id),
    makeWritable: (directory, ids, { idMap }) => makeUpper(layout, ids, { directory, idMap }),
    showWritable: async (directory, ids, show) => {
      if (show.volatile === true && !isUpperMounted(directory)) await forgetMount(directory);
      return overlayWritable(layout, ids, { ...show, directory, features });
    },
    isWritableMounted: isUpperMounted,
  };
}

async function describeLayer({ id, lowers, staging, layer, taken }: SettledLayer): Promise<Usage> {
  await writeText(join(staging, "link"), linkNameOf(id), forReaders);
  if (lowers.length === 0) await makeDirectory(join(staging, "empty"), { mode: 0o755 });
  else await writeText(join(staging, "lower"), lowerText(lowers), forReaders);
  const { bytes, directoryBytes, files, directories } = taken;
  const split = (await ifThere(stat(join(staging, tarSplitName))))?.blocks ?? 0;
  return {
    bytes: layer.bytes + bytes + directoryBytes + split * 512,
    inodes: layer.inodes + files + directories.size,
  };
}

/** As containers/storage writes them. */
const forReaders = { mode: 0o644 };

async function inspectLinks(layout: OverlayLayout, ids: readonly string[]): Promise<string | undefined> {
  const [id, ...lowers] = ids.toReversed();
  if (id === undefined) return undefined;
  if ((await findText(join(layout.layer(id), "link"))) !== linkNameOf(id)) return "has lost the name of its link";
  const lower = lowers.length === 0 ? undefined : lowerText(lowers);
  if (lower !== undefined && (await findText(join(layout.layer(id), "lower"))) !== lower) return "has lost its parents";
  await restoreLink(layout, id);
  return undefined;
}

/**
 * The root of what is shown is that of the upper directory: it looks like the one of the layer below. Only layers are mapped: what
 * is written is on the disk as its owners are outside, because the kernel makes the working directory as who mounts.
 */
async function makeUpper(
  layout: OverlayLayout,
  ids: readonly string[],
  { directory, idMap }: ShowOptions & { readonly directory: string },
): Promise<readonly string[]> {
  const names = ["diff", "work"];
  for (const name of names) await mkdir(join(directory, name), { mode: 0o700 });
  using upper = rootPlace(join(directory, "diff"));
  using lower = rootPlace(layout.diff(ids.at(-1) ?? ""));
  const root = fileAt(lower);
  if (root === undefined) throw new Error("a layer that is here has no files");
  copyAttributes(root, upper);
  if (idMap !== undefined && isPrivileged()) changeOwnerAt(upper.dirFd, upper.name, ownerOutside(root.status, idMap));
  return names;
}

function rootPlace(path: string): TreePlace & Disposable {
  const place = findPlace(path, "");
  if (place === undefined) throw new Error(`there is no directory "${path}"`);
  return place;
}

/** A volatile mount leaves a mark, so that nobody takes up what a crash of the machine may have left half written. */
async function forgetMount(directory: string): Promise<void> {
  await rm(join(directory, "work", "work", "incompat", "volatile"), { recursive: true, force: true });
}
