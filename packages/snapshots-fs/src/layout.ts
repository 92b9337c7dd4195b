import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { linkNameOf } from "@stowage/containers-storage";
import { makeDirectory } from "@stowage/linux";

/** Where things are under the storage root. */
export interface Layout {
  /** The directory of the layers, each by its id. */
  readonly home: string;
  /** Trees that are being written, on the same file system as the finished ones. */
  readonly staging: string;
  /** The directory of writable snapshots that have no area of their own, each by its key. */
  readonly writables: string;
  layer(id: string): string;
  diff(id: string): string;
}

/** As containers/storage's overlay driver lays it out. */
export interface OverlayLayout extends Layout {
  readonly links: string;
  link(id: string): string;
}

export function overlayLayout(root: string): OverlayLayout {
  const home = join(root, "overlay");
  return {
    ...layoutOf(root, home),
    links: join(home, "l"),
    link: (id) => join(home, "l", linkNameOf(id)),
  };
}

/** Whole trees in a home of their own. */
export function nativeLayout(root: string): Layout {
  return layoutOf(root, join(root, "native"));
}

function layoutOf(root: string, home: string): Layout {
  return {
    home,
    staging: join(home, "staging"),
    writables: join(root, "writable"),
    layer: (id) => join(home, id),
    diff: (id) => join(home, id, "diff"),
  };
}

/** In a layer's directory, what puts its plain tar together again. */
export const tarSplitName = "tar-split.gz";

/** Readers of an additional image store need both lock files, also where there is nothing to lock. */
export async function makeLockFiles(root: string): Promise<void> {
  for (const kind of ["layers", "images"]) {
    const directory = join(root, `overlay-${kind}`);
    await makeDirectory(directory);
    await writeFile(join(directory, `${kind}.lock`), "", { flag: "a", mode: 0o600 });
  }
}
