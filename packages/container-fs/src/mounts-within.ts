import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ifThere } from "@stowage/errors";
import { readMounts } from "@stowage/linux";

/** What is mounted on a path (`isItself`) and below it, in the order of mounting. One link is not followed: that in its place. */
export async function mountsWithin(
  path: string,
): Promise<readonly { readonly target: string; readonly isItself: boolean }[]> {
  const parent = await ifThere(realpath(dirname(path)));
  if (parent === undefined) return [];
  const real = join(parent, basename(path));
  return readMounts()
    .filter(({ target }) => target === real || target.startsWith(`${real}/`))
    .map(({ target }) => ({ target, isItself: target === real }));
}
