import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { isErrno, StowageError } from "@stowage/errors";

/**
 * Makes a directory, for its owner alone where no mode is given, with those above it that are missing; one that is there is
 * fine. Fails as the disk does, and with `failed-precondition` where nothing can be made, as in /proc: `recursive` in Node says
 * that something is missing where the disk is read-only.
 */
export async function makeDirectory(path: string, { mode = 0o700 }: { readonly mode?: number } = {}): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (error) {
    const above = dirname(path);
    if (!isErrno(error, "ENOENT") || above === path) throw error;
    await makeDirectory(above, { mode });
    await makeBelow(path, mode);
  }
}

/** What is still missing then is no directory above it. */
async function makeBelow(path: string, mode: number): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (cause) {
    if (!isErrno(cause, "ENOENT")) throw cause;
    const why = `nothing can be made in "${dirname(path)}"`;
    throw new StowageError("failed-precondition", `Cannot make the directory "${path}": ${why}`, { cause });
  }
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
}
