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
      const root = await findRoot(call);
      const left = await unmountImage(target, root);
      if (left === undefined) await releaseGone({ target, root }, call);
      else if (left === 0) await release(target, call);
      call.print({ one: { target }, screen: () => [target] });
    });
}

interface Place {
  readonly target: string;
  readonly root: string;
}

/** Ends what is held for a mount that something else has taken away. Fails with `not-found` where nothing is. */
async function releaseGone({ target, root }: Place, call: Call): Promise<void> {
  const { openExisting } = await import("../store/open-existing.ts");
  await using open = await openExisting(call.options);
  const holder = mountHolder(target);
  const holds = (await open?.images.holds(call)) ?? [];
  if (!holds.some((hold) => hold.holder === holder))
    throw new StowageError("not-found", `Cannot unmount "${target}": no image of "${root}" is mounted there`);
  await open?.images.release(holder, call);
  call.terminal.tell("stowage: it was unmounted already; its layers are not held for it any more");
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
