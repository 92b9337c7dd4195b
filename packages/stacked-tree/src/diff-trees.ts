import type { ImageTree } from "./image-tree.ts";
import { byBytes, isSameFile, type TreeEntry } from "./tree-entry.ts";

/** In what two files of one path differ. `time` of a directory says that something in it came or went. */
export type ChangedAspect = "kind" | "content" | "mode" | "owner" | "time" | "target" | "device" | "attributes";

export type TreeChange =
  | { readonly kind: "added"; readonly path: string; readonly after: TreeEntry }
  | { readonly kind: "removed"; readonly path: string; readonly before: TreeEntry }
  | {
      readonly kind: "changed";
      readonly path: string;
      readonly before: TreeEntry;
      readonly after: TreeEntry;
      /** At least one; only `kind` where that differs. */
      readonly what: readonly ChangedAspect[];
    };

/**
 * What one tree has otherwise than another, in the order of `walk`. Of what is added or removed every file is told, of
 * what changed its kind the old files first. Directories that come from the same layers in both are not looked into, and
 * files that are the same on the disk are not read.
 */
export async function* diffTrees(before: ImageTree, after: ImageTree): AsyncGenerator<TreeChange, void, undefined> {
  const [one, other] = await Promise.all([before.find(""), after.find("")]);
  if (one !== undefined && other !== undefined) yield* diffEntries({ before, after }, one, other);
}

interface Trees {
  readonly before: ImageTree;
  readonly after: ImageTree;
}

async function* diffEntries(
  trees: Trees,
  before: TreeEntry,
  after: TreeEntry,
): AsyncGenerator<TreeChange, void, undefined> {
  const { path } = after;
  const what = await differences(trees, before, after);
  if (what.length > 0) yield { kind: "changed", path, before, after, what };
  if (before.kind === "directory" && after.kind === "directory") return yield* diffDirectories(trees, after);
  if (before.kind === "directory") yield* removedIn(trees.before, before);
  if (after.kind === "directory") yield* addedIn(trees.after, after);
}

async function* diffDirectories(trees: Trees, directory: TreeEntry): AsyncGenerator<TreeChange, void, undefined> {
  const { before, after } = trees;
  const [ours, theirs] = await Promise.all([before.layersOf(directory), after.layersOf(directory)]);
  if (ours.length === theirs.length && ours.every((layer, at) => layer === theirs[at])) return;
  const old = new Map((await before.list(directory.path)).map((entry) => [entry.path, entry]));
  const young = new Map((await after.list(directory.path)).map((entry) => [entry.path, entry]));
  for (const name of [...new Set([...old.keys(), ...young.keys()])].toSorted(byBytes)) {
    const [was, is] = [old.get(name), young.get(name)];
    if (was !== undefined && is !== undefined) yield* diffEntries(trees, was, is);
    else if (was !== undefined) yield* removed(before, was);
    else if (is !== undefined) yield* added(after, is);
  }
}

async function* added(tree: ImageTree, entry: TreeEntry): AsyncGenerator<TreeChange, void, undefined> {
  for await (const after of tree.walk(entry.path)) yield { kind: "added", path: after.path, after };
}

async function* removed(tree: ImageTree, entry: TreeEntry): AsyncGenerator<TreeChange, void, undefined> {
  for await (const before of tree.walk(entry.path)) yield { kind: "removed", path: before.path, before };
}

async function* addedIn(tree: ImageTree, directory: TreeEntry): AsyncGenerator<TreeChange, void, undefined> {
  for (const entry of await tree.list(directory.path)) yield* added(tree, entry);
}

async function* removedIn(tree: ImageTree, directory: TreeEntry): AsyncGenerator<TreeChange, void, undefined> {
  for (const entry of await tree.list(directory.path)) yield* removed(tree, entry);
}

async function differences(trees: Trees, before: TreeEntry, after: TreeEntry): Promise<readonly ChangedAspect[]> {
  if (isSameFile(before, after)) return [];
  if (before.kind !== after.kind) return ["kind"];
  const isOtherFile = before.kind === "file" && !(await isSameContent(trees, before, after));
  const isOtherDevice = before.deviceMajor !== after.deviceMajor || before.deviceMinor !== after.deviceMinor;
  const aspects: readonly (readonly [ChangedAspect, boolean])[] = [
    ["content", isOtherFile],
    ["target", before.linkTarget !== after.linkTarget],
    ["device", isOtherDevice],
    ["mode", before.mode !== after.mode],
    ["owner", before.uid !== after.uid || before.gid !== after.gid],
    ["time", before.mtime !== after.mtime],
    ["attributes", !isSameMap(trees.before.xattrs(before), trees.after.xattrs(after))],
  ];
  return aspects.filter(([, differs]) => differs).map(([aspect]) => aspect);
}

async function isSameContent({ before, after }: Trees, one: TreeEntry, other: TreeEntry): Promise<boolean> {
  if (one.size !== other.size) return false;
  const theirs = after.read(other)[Symbol.asyncIterator]();
  try {
    for await (const block of before.read(one)) {
      const next = await theirs.next();
      if (next.done === true || Buffer.compare(block, next.value) !== 0) return false;
    }
    return true;
  } finally {
    await theirs.return?.();
  }
}

function isSameMap(one: ReadonlyMap<string, Uint8Array>, other: ReadonlyMap<string, Uint8Array>): boolean {
  const isSame = (value: Uint8Array, other: Uint8Array | undefined): boolean =>
    other !== undefined && Buffer.compare(value, other) === 0;
  return one.size === other.size && [...one].every(([name, value]) => isSame(value, other.get(name)));
}
