import { StowageError } from "@stowage/errors";
import { mountHolder } from "../store/mount-image.ts";
import { realpathOf, unmountImage } from "../store/unmount-image.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function unmountVerb(): Verb {
  return new Verb("unmount", "Unmount what mount has mounted")
    .alias("umount")
    .helpGroup(groups.files)
    .argument("<dir>", "where it is mounted")
    .example("stowage unmount /mnt", "take its files away again")
    .answers({ target: "text: where it was mounted, without links on the way" })
    .runs(async (call: Call, dir: string) => {
      const target = await realpathOf(dir);
      await unmountImage(target, await findRoot(call));
      await release(target, call);
      call.print({ one: { target }, screen: () => [target] });
    });
}

/** The mount is gone whether or not the store can be told; one that was not keeps the layers until the next boot. */
async function release(target: string, call: Call): Promise<void> {
  try {
    await using open = await call.open();
    await open.images.release(mountHolder(target), call);
  } catch (error) {
    if (!(error instanceof StowageError)) throw error;
    call.terminal.tell(`stowage: unmounted, but its layers stay held until the next boot: ${error.message}`);
  }
}

/** The root of the store that is meant: the one that is named, that of the daemon that is named, or the configured one. */
async function findRoot(call: Call): Promise<string> {
  const { address, root, config } = call.options;
  if (address === undefined || root !== undefined) {
    const { readSettings } = await import("@stowage/core");
    return realpathOf(root ?? (await readSettings(config)).root);
  }
  await using open = await call.open();
  return open.root;
}
