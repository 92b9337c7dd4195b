import { resolve } from "node:path";
import { readSettings } from "@stowage/core";
import { asStorageError, StowageError } from "@stowage/errors";
import { readMounts, unmount } from "@stowage/linux";
import type { Command } from "commander";
import { createVerb, type PlaceOptions } from "./place-options.ts";
import type { Terminal } from "./terminal.ts";

export function addUnmount(program: Command, terminal: Terminal): void {
  createVerb(program, "unmount", "Unmount what mount has mounted")
    .alias("umount")
    .argument("<dir>", "where it is mounted")
    .action(async (dir: string, options: PlaceOptions) => {
      const { root } = await readSettings(options.config);
      const target = resolve(dir);
      requireOurs(target, options.root ?? root);
      unmountFrom(target);
      terminal.print(options.json ? JSON.stringify({ target }) : target);
    });
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
