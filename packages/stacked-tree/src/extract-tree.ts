import { basename } from "node:path/posix";
import { type AbortOptions, StowageError } from "@stowage/errors";
import { isMachineRoot, isPrivileged } from "@stowage/linux";
import { type Destination, openDestination } from "./destination.ts";
import { ExtractedFiles } from "./extracted-files.ts";
import type { ImageTree } from "./image-tree.ts";
import type { TreeEntry } from "./tree-entry.ts";

/** What to copy out of a tree. */
export interface ExtractSource {
  readonly tree: ImageTree;
  /** With `/.` at its end, what is in a directory rather than the directory. */
  readonly path: string;
}

export interface ExtractOptions extends AbortOptions {
  /** Whether the path is followed where it is a symlink; else the link is copied. */
  readonly followLast?: boolean | undefined;
  /** Owners, setuid and setgid as in the image, which only root can give; without it files are the caller's. */
  readonly owners?: boolean | undefined;
  /** Told of each entry that is copied, before that. */
  readonly onEntry?: ((entry: TreeEntry) => void) | undefined;
}

export interface ExtractReport {
  readonly entries: number;
  /** Of regular files. */
  readonly bytes: number;
  /** What could not be made: sockets, and without root devices and fifos. */
  readonly leftOut: readonly TreeEntry[];
}

/**
 * Copies a file or a directory of an image to the machine, as `cp -a` does: into `destination` where that is a directory,
 * under that name where there is nothing, over it where it is a file. A file that is in the way is replaced whole; a
 * directory is added to. Neither a symlink of the image nor one below the destination is ever followed: such a one in the
 * place of a directory is `failed-precondition`. A path that the image does not have is `not-found`.
 */
export async function extractTree(
  { tree, path }: ExtractSource,
  destination: string,
  options: ExtractOptions = {},
): Promise<ExtractReport> {
  const { followLast = false, owners = false } = options;
  if (owners && !isPrivileged())
    throw new StowageError("permission-denied", "Cannot keep the owners of files: only root can give files away");
  const entry = await tree.find(path, { followLast });
  if (entry === undefined)
    throw new StowageError(
      "not-found",
      `Cannot copy ${JSON.stringify(path.slice(0, 255))}: the image does not have it`,
    );
  const isContents = /(?:^|\/)\.?$/.test(path) && (entry.path === "" || path.endsWith("."));
  using place = openDestination(entry, destination, { name: isContents ? "" : nameOf(path, entry) });
  return await copyAll({ tree, entry, place }, { ...options, owners });
}

/** What it is called where it is asked for; that of a symlink, also where that is followed. */
function nameOf(path: string, entry: TreeEntry): string {
  const name = basename(path);
  return name === "." || name === ".." ? basename(entry.path) : name;
}

interface Extraction {
  readonly tree: ImageTree;
  readonly entry: TreeEntry;
  readonly place: Destination;
}

async function copyAll(
  { tree, entry, place }: Extraction,
  { signal, onEntry, owners }: ExtractOptions & { readonly owners: boolean },
): Promise<ExtractReport> {
  using files = new ExtractedFiles(tree, place.dirFd, { owners });
  const leftOut: TreeEntry[] = [];
  let [entries, bytes] = [0, 0];
  const mayMakeDevices = isMachineRoot();
  for await (const found of tree.walk(entry.path)) {
    signal?.throwIfAborted();
    const path = place.pathOf(found.path);
    if (!canMake(found, mayMakeDevices)) {
      leftOut.push(found);
      continue;
    }
    onEntry?.(found);
    await files.make(found, path);
    entries += 1;
    if (found.kind === "file") bytes += found.size;
  }
  files.describeDirectories();
  return { entries, bytes, leftOut };
}

function canMake({ kind }: TreeEntry, mayMakeDevices: boolean): boolean {
  if (kind === "socket") return false;
  return mayMakeDevices || kind === "file" || kind === "directory" || kind === "symlink";
}
