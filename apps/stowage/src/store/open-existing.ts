import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CommonOptions } from "./common-options.ts";
import { isAnyStore, type OpenImages, openImages, settingsOf } from "./open-images.ts";

/** Opens the store as `openImages` does, where there is one; `undefined` where opening it would make one. */
export async function openExisting(options: CommonOptions): Promise<OpenImages | undefined> {
  const { root, address } = await settingsOf(options);
  const isThere =
    isAnyStore(options) || existsSync(join(root, "stowage.db")) || (existsSync(root) && existsSync(address));
  return isThere ? await openImages(options) : undefined;
}
