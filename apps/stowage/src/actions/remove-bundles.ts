import { rm, rmdir } from "node:fs/promises";
import { isErrno } from "@stowage/errors";
import { configIn, findBundle } from "../store/bundle-place.ts";
import type { Call } from "../verbs/call.ts";

/** Takes bundles away, one after the other, and prints those that went. */
export async function removeBundles(call: Call, dirs: readonly string[]): Promise<void> {
  await using open = await call.open();
  const removed = await call.each(dirs, async (dir) => {
    const { directory, container } = await findBundle(dir);
    await open.containers.delete(container, { signal: call.signal });
    await rm(configIn(directory), { force: true }); // before that it leads back to what is left
    await removeEmpty(directory);
    return { container, bundle: directory };
  });
  call.print({ list: removed, screen: () => removed.map(({ bundle }) => bundle) });
}

async function removeEmpty(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY", "EEXIST", "EBUSY", "ENOENT")) throw error;
  }
}
