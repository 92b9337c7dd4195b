import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { AbortOptions } from "@stowage/errors";
import { startGroup } from "../process-group.ts";

/** A tar of Debian's smallest root file system, made below `directory` by debootstrap, from the mirror that it is set to. */
export async function* debianRoot(directory: string, { signal }: AbortOptions): AsyncGenerator<Uint8Array> {
  const root = join(directory, "root");
  const options = { directory, signal };
  try {
    // What it mounts inside goes with the namespace, also where it is cut off.
    const making = startGroup(["unshare", "--mount", "debootstrap", "--variant=minbase", "bookworm", root], options);
    making.stdout.resume();
    await making.ended;
    const archive = startGroup(["tar", "-c", "--numeric-owner", "--sort=name", "-C", root, "."], options);
    yield* archive.stdout;
    await archive.ended;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
