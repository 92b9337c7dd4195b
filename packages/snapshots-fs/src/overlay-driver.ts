import { rm } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectory, writeText } from "@stowage/linux";
import type { Usage } from "@stowage/snapshots";
import { findText } from "./inspect-layer.ts";
import type { LayerDriver, SettledLayer } from "./layer-driver.ts";
import { linkNameOf } from "./layer-id.ts";
import type { OverlayLayout } from "./layout.ts";
import { isMounted, overlayView } from "./overlay-view.ts";
import { lowerText, restoreLink } from "./short-link.ts";

/** Each layer in a directory of its own, stacked by overlayfs, in the layout of containers/storage's overlay driver. */
export function overlayDriver(layout: OverlayLayout): LayerDriver {
  return {
    layout,
    linkDirectories: [layout.links],
    needed: (lowers) => lowers,
    finished: (staging) => staging,
    finish: (layer) => describeLayer(layer),
    link: (id) => restoreLink(layout, id),
    unlink: (id) => rm(layout.link(id), { force: true }),
    inspectLinks: (ids) => inspectLinks(layout, ids),
    view: (ids) => overlayView(layout, ids),
    isMounted: (id) => isMounted(layout, id),
  };
}

async function describeLayer({ id, lowers, staging, layer, taken }: SettledLayer): Promise<Usage> {
  await writeText(join(staging, "link"), linkNameOf(id), forReaders);
  if (lowers.length === 0) await makeDirectory(join(staging, "empty"), { mode: 0o755 });
  else await writeText(join(staging, "lower"), lowerText(lowers), forReaders);
  return { bytes: layer.bytes + taken.bytes, inodes: layer.inodes + taken.files + taken.directories.size };
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
