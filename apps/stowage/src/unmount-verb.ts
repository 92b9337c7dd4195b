import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { readSettings } from "@stowage/core";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";
import { readMounts, unmount } from "@stowage/linux";
import type { Command } from "commander";
import { mountHolder } from "./mount-verb.ts";
import { openImages } from "./open-images.ts";
import { createVerb, type PlaceOptions } from "./place-options.ts";
import type { Terminal } from "./terminal.ts";

export function addUnmount(program: Command, terminal: Terminal): void {
  createVerb(program, "unmount", "Unmount what mount has mounted")
    .alias("umount")
    .argument("<dir>", "where it is mounted")
    .action(async (dir: string, options: PlaceOptions) => {
      const target = await realpathOf(dir);
      requireOurs(target, await findRoot(options));
      unmountFrom(target);
      await release(target, options, terminal);
      terminal.print(options.json ? JSON.stringify({ target }) : target);
    });
}

/** The mount is gone whether or not the store can be told; one that was not keeps the layers until the next boot. */
async function release(target: string, options: PlaceOptions, terminal: Terminal): Promise<void> {
  try {
    await using open = await openImages(options);
    await open.images.release(mountHolder(target), terminal);
  } catch (error) {
    if (!(error instanceof StowageError)) throw error;
    terminal.tell(`stowage: unmounted, but its layers stay held until the next boot: ${error.message}`);
  }
}

/** The root of the store that is meant: the one that is named, that of the daemon that is named, or the configured one. */
async function findRoot(options: PlaceOptions): Promise<string> {
  if (options.address === undefined || options.root !== undefined) {
    const { root } = await readSettings(options.config);
    return realpathOf(options.root ?? root);
  }
  await using open = await openImages(options);
  return open.root;
}

/** As the kernel knows a place that it has mounted something at; one that is not there has nothing mounted. */
async function realpathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return resolve(path);
    throw error;
  }
}

/** Other mounts are not this command's to take away. */
function requireOurs(target: string, root: string): void {
  const topmost = readMounts().findLast((entry) => entry.target === target);
  const lower = topmost?.superOptions.find((option) => option.startsWith("lowerdir"));
  if (topmost?.type === "overlay" && lower?.includes(`${root}/storage/overlay/`)) return;
  throw new StowageError("not-found", `Cannot unmount "${target}": no image of "${root}" is mounted there`);
}

function unmountFrom(target: string): void {
  try {
    unmount(target);
  } catch (error) {
    throw asStorageError(error, `unmount "${target}"`);
  }
}
