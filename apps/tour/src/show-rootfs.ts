import { mkdir, readdir, readlink, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { StowageError } from "@stowage/errors";
import { mount, unmount } from "@stowage/linux";
import { connectStore } from "@stowage/store-client";
import type { Teller } from "./teller.ts";

export interface Showing {
  readonly address: string;
  readonly id: string;
  /** A directory that does not exist yet. */
  readonly target: string;
}

/** Enough to see what it is. */
const maxLines = 20;

/** Mounts the root file system of an image, lists it and unmounts it. Takes root. */
export async function showRootfs({ address, id, target }: Showing, teller: Teller): Promise<void> {
  await mkdir(target);
  await teller.step("Mount the root file system, read-only", () => mountImage({ address, id, target }));
  try {
    await teller.step(
      "List it",
      () => listTree(target),
      (lines) => (lines.length > maxLines ? [...lines.slice(0, maxLines), `… ${lines.length - maxLines} more`] : lines),
    );
  } finally {
    await teller.step("Unmount it", async () => unmount(target));
  }
}

async function mountImage({ address, id, target }: Showing): Promise<void> {
  using store = connectStore(address);
  const image = await store.find(id);
  if (image === undefined) throw new StowageError("not-found", `Cannot mount image ${id}: it is not here`);
  for (const request of await store.view(image)) mount({ ...request, target });
}

async function listTree(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const lines = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const shown = relative(root, path);
    if (entry.isSymbolicLink()) return `${shown} -> ${await readlink(path)}`;
    const { size } = await stat(path);
    return entry.isDirectory() ? `${shown}/` : `${shown}  ${size} bytes`;
  });
  return (await Promise.all(lines)).toSorted();
}
