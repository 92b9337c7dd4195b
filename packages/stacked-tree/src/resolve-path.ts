import { StowageError } from "@stowage/errors";
import type { TreeEntry } from "./tree-entry.ts";

/** What a path without symlinks on the way shows. */
export type Look = (path: string) => Promise<TreeEntry | undefined>;

/**
 * Where a path leads in a tree that is `/` to it: `..` at the root stays there, and a symlink that is absolute begins
 * there. `undefined` where there is nothing. More than 40 symlinks are `failed-precondition`, as ELOOP is for the kernel.
 */
export async function resolvePath(
  look: Look,
  path: string,
  { followLast }: { readonly followLast: boolean },
): Promise<TreeEntry | undefined> {
  const isDirectory = /(?:^|\/)\.{0,2}$/.test(path); // a slash or a dot at the end asks for one
  const found = await follow(look, path, { followLast: followLast || isDirectory });
  return isDirectory && found?.kind !== "directory" ? undefined : found;
}

async function follow(
  look: Look,
  path: string,
  { followLast }: { readonly followLast: boolean },
): Promise<TreeEntry | undefined> {
  const queue = namesOf(path).toReversed();
  let at = await look("");
  let links = 0;
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const next = await lookIn(look, at, name);
    if (next?.kind !== "symlink" || (queue.length === 0 && !followLast)) {
      at = next;
      continue;
    }
    links += 1;
    if (links > maxLinks) throw tooMany(path);
    if (next.linkTarget.startsWith("/")) at = await look("");
    queue.push(...namesOf(next.linkTarget).toReversed());
  }
  return at;
}

async function lookIn(look: Look, directory: TreeEntry | undefined, name: string): Promise<TreeEntry | undefined> {
  if (directory?.kind !== "directory") return undefined;
  return await look(name === ".." ? parentOf(directory.path) : joinPath(directory.path, name));
}

/** MAXSYMLINKS of the kernel. */
const maxLinks = 40;

function namesOf(path: string): readonly string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function joinPath(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

function tooMany(path: string): StowageError {
  const why = `it passes more than ${maxLinks} symlinks`;
  return new StowageError("failed-precondition", `Cannot find ${JSON.stringify(path.slice(0, 255))}: ${why}`);
}
