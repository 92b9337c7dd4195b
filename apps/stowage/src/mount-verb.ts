import { realpath, stat } from "node:fs/promises";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";
import { mount } from "@stowage/linux";
import type { Mount } from "@stowage/snapshots";
import type { Command } from "commander";
import { getImage } from "./get-image.ts";
import { openImages } from "./open-images.ts";
import { createVerb, type PlaceOptions } from "./place-options.ts";
import type { Terminal } from "./terminal.ts";

export function addMount(program: Command, terminal: Terminal): void {
  createVerb(program, "mount", "Mount an image's root file system, read-only")
    .argument("<image>", "a name, an id or the beginning of one")
    .argument("<dir>", "an existing directory")
    .action(async (name: string, dir: string, options: PlaceOptions) => {
      await using open = await openImages(options);
      const target = await findDirectory(dir);
      const image = await getImage(open.images, name, terminal);
      const holder = mountHolder(target);
      const requests = await open.images.view(image, { signal: terminal.signal, holder });
      try {
        for (const request of requests) mountAt(request, target);
      } catch (error) {
        await open.images.release(holder);
        throw error;
      }
      terminal.print(options.json ? JSON.stringify({ image: image.id, target }) : target);
    });
}

/** For whom the store holds the layers that are mounted at a place. */
export function mountHolder(target: string): string {
  return `mount ${target}`;
}

function mountAt(request: Mount, target: string): void {
  try {
    mount({ ...request, target });
  } catch (error) {
    throw asStorageError(error, `mount an image at "${target}"`);
  }
}

async function findDirectory(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return await realpath(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
  }
  throw new StowageError("invalid-argument", `Cannot mount at "${path}": it is no directory`);
}
