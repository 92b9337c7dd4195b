import { readlink, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { linkNameOf } from "@stowage/containers-storage";
import { isErrno } from "@stowage/errors";
import type { OverlayLayout } from "./layout.ts";

/** What a layer says of those below it, top first: their short links. */
export function lowerText(lowers: readonly string[]): string {
  return lowers.map((lower) => `l/${linkNameOf(lower)}`).join(":");
}

/** The link follows from the name of the layer: where it is gone or wrong, it is made anew. */
export async function restoreLink(layout: OverlayLayout, id: string): Promise<void> {
  const target = join("..", id, "diff");
  try {
    await symlink(target, layout.link(id));
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    if ((await targetOf(layout.link(id))) !== target) await replaceLink(target, layout.link(id));
  }
}

async function replaceLink(target: string, path: string): Promise<void> {
  const unfinished = `${path}.new`;
  await rm(unfinished, { force: true });
  await symlink(target, unfinished);
  await rename(unfinished, path);
}

/** Where a link leads; `undefined` where it is none. */
async function targetOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (isErrno(error, "EINVAL", "ENOENT")) return undefined;
    throw error;
  }
}
