import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { isErrno } from "@stowage/errors";

/**
 * Makes a directory, for its owner alone where no mode is given, with those above it that are missing; one that is there is
 * fine. Fails as the disk does: `recursive` in Node says that something is missing where the disk is read-only.
 */
export async function makeDirectory(path: string, { mode = 0o700 }: { readonly mode?: number } = {}): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (isErrno(error, "EEXIST")) return;
    if (!isErrno(error, "ENOENT")) throw error;
    await makeDirectory(dirname(path), { mode });
    await makeDirectory(path, { mode });
  }
}
