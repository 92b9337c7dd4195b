import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { linkNameOf } from "./layer-id.ts";

/** Where things are under the storage root, as containers/storage's overlay driver lays them out. */
export interface Layout {
  /** The driver's home. */
  readonly home: string;
  readonly links: string;
  /** Trees that are being written, on the same file system as the finished ones. */
  readonly staging: string;
  layer(id: string): string;
  diff(id: string): string;
  link(id: string): string;
}

export function layoutUnder(root: string): Layout {
  const home = join(root, "overlay");
  return {
    home,
    links: join(home, "l"),
    staging: join(home, "staging"),
    layer: (id) => join(home, id),
    diff: (id) => join(home, id, "diff"),
    link: (id) => join(home, "l", linkNameOf(id)),
  };
}

/** Readers of an additional image store need both lock files, also where there is nothing to lock. */
export async function makeLockFiles(root: string): Promise<void> {
  for (const kind of ["layers", "images"]) {
    const directory = join(root, `overlay-${kind}`);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(join(directory, `${kind}.lock`), "", { flag: "a", mode: 0o600 });
  }
}
