import { closeSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { makeNodeAt, nodeKinds, setTimesAt, statAt } from "@stowage/linux";
import { fileAt, isOpaque, type LayerStack, openDirectory, placeIn } from "@stowage/stacked-tree";

export interface HidingLayer {
  readonly root: string;
  readonly lowers: LayerStack;
  /** The trees of `lowers`. */
  readonly lowerRoots: readonly string[];
}

/**
 * Hides all that is below a layer whose root is opaque, name by name: overlayfs takes no notice of the mark on a root. Returns
 * how many whiteouts that took; done again, it makes none.
 */
export async function hideBelowRoot({ root, lowers, lowerRoots }: HidingLayer): Promise<number> {
  const dirFd = openDirectory(root, "");
  try {
    if (!isRootOpaque(dirFd)) return 0;
    const { mtime } = statAt(dirFd, ".");
    const names = await Promise.all(lowerRoots.map((lower) => readdir(lower, { encoding: "latin1" })));
    let made = 0;
    for (const name of new Set(names.flat())) {
      if (fileAt(placeIn(dirFd, name)) !== undefined || (await lowers.find(name)) === undefined) continue;
      makeNodeAt(dirFd, Buffer.from(name, "latin1"), { mode: nodeKinds.character, major: 0, minor: 0 });
      made += 1;
    }
    if (made > 0) setTimesAt(dirFd, ".", { accessed: mtime, modified: mtime });
    return made;
  } finally {
    closeSync(dirFd);
  }
}

function isRootOpaque(dirFd: number): boolean {
  const root = fileAt(placeIn(dirFd, ""));
  return root !== undefined && isOpaque(root);
}
