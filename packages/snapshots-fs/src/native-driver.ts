import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { AbortOptions } from "@stowage/errors";
import { makeDirectory, mountHolding, readMounts } from "@stowage/linux";
import type { Mount, Usage } from "@stowage/snapshots";
import type { LayerDriver, SettledLayer } from "./layer-driver.ts";
import type { Layout } from "./layout.ts";
import { measureTree } from "./measure-tree.ts";
import { mergeTrees } from "./merge-trees.ts";
import { removeTree } from "./remove-tree.ts";

/**
 * Each layer as a whole tree, a copy of the one below with the layer's files over it, and shown by a bind mount: for file systems
 * and kernels without overlayfs. Copies share blocks where the file system can (FICLONE), and take their full size elsewhere.
 */
export function nativeDriver(layout: Layout): LayerDriver {
  return {
    layout,
    linkDirectories: [],
    needed: (lowers) => lowers.slice(0, 1),
    tarSplit: () => undefined,
    finished: (staging) => join(staging, "whole"),
    finish: makeWhole,
    link: async () => undefined,
    unlink: async () => undefined,
    inspectLinks: async () => undefined,
    view: (ids, { idMap }) => bind(layout.diff(ids.at(-1) ?? ""), "ro", idMap),
    isMounted: (id, directory = layout.layer(id)) => isShown(join(directory, "diff")),
    makeWritable: (directory, ids, options) => copyTree(layout.diff(ids.at(-1) ?? ""), directory, options),
    showWritable: async (directory, _ids, { idMap }) => bind(join(directory, "diff"), "rw", idMap),
    isWritableMounted: (directory) => isShown(join(directory, "diff")),
  };
}

/** What an earlier try left is made anew. */
async function makeWhole({ staging, signal, ...layer }: SettledLayer): Promise<Usage> {
  const whole = join(staging, "whole");
  await removeTree(whole);
  const target = join(whole, "diff");
  await makeDirectory(target);
  const [parent] = layer.lowers;
  const lower = parent === undefined ? undefined : layer.treeOf(parent);
  await mergeTrees({ lower, upper: join(staging, "diff"), target }, { signal });
  return await measureTree(target, { signal });
}

async function copyTree(lower: string, directory: string, options: AbortOptions): Promise<undefined> {
  const target = join(directory, "diff");
  await mkdir(target, { mode: 0o700 });
  await mergeTrees({ lower, target }, options);
  return undefined;
}

function bind(source: string, access: "ro" | "rw", idMap: Mount["idMap"]): Mount {
  return { type: "bind", source, options: ["bind", access], idMap };
}

/** Whether a bind mount that this process can see shows the directory. */
function isShown(directory: string): boolean {
  const mounts = readMounts();
  const holding = mountHolding(directory, mounts);
  if (holding === undefined) return false;
  const root = join(holding.root, directory.slice(holding.target.length));
  return mounts.some((entry) => entry.device === holding.device && entry.root === root);
}
