import { rm } from "node:fs/promises";
import { parseContainerMetadata } from "@stowage/container-state";
import { StowageError } from "@stowage/errors";
import { bundlePod, configIn, type FoundBundle, findBundle, readBundle, removeEmpty } from "../store/bundle-place.ts";
import type { OpenImages } from "../store/open-images.ts";
import type { Call } from "../verbs/call.ts";

/** Takes bundles away, one after the other, and prints those that went. */
export async function removeBundles(call: Call, dirs: readonly string[]): Promise<void> {
  await using open = await call.open();
  const removed = await call.each(dirs, async (dir) => {
    const bundle = await findBundle(dir);
    await requireItsOwn(open, bundle);
    const { directory, container } = bundle;
    await open.containers.delete(container, { signal: call.signal });
    await rm(configIn(directory), { force: true }); // before that it leads back to what is left
    await removeEmpty(directory);
    return { container, bundle: directory };
  });
  call.print({ list: removed, screen: () => removed.map(({ bundle }) => bundle) });
}

/** What a config.json says may be about somebody else's container: it may be of another store, edited, or a copy. */
async function requireItsOwn({ containers }: OpenImages, { directory, container, madeIn }: FoundBundle): Promise<void> {
  const refuse = (code: "not-found" | "failed-precondition", why: string): never => {
    throw new StowageError(code, `Cannot take the bundle "${directory}" away: ${why}`);
  };
  const found = await containers.find(container);
  if (found === undefined) return refuse("not-found", `this store does not have its container ${container}`);
  if (parseContainerMetadata(found.metadata).podId !== bundlePod)
    return refuse("failed-precondition", `container ${container} is no bundle's`);
  if (madeIn === undefined || madeIn === directory) return;
  if ((await readBundle(madeIn))?.container === container)
    refuse("failed-precondition", `it is a copy of the bundle in "${madeIn}"`);
}
