import type { TarFile, TarKind } from "@stowage/tar";

/**
 * A file as a layer describes it. Two names of one file have the same object. What tells of it is all that is compared: owner,
 * mode, time, xattrs (a line each), and what it says: its content, where it points, its device number.
 */
export interface ModelFile {
  readonly kind: Exclude<TarKind, "hardlink">;
  readonly says: string;
  mode: number;
  owner: string;
  mtime: bigint;
  xattrs: readonly string[];
}

/** Files by path, without a slash at either end; the root is `""`. */
export type ModelTree = ReadonlyMap<string, ModelFile>;

/** Says that no one could make files of a layer. */
export class LayerRefusal extends Error {}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function joinPath(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

/** The names of a path of an archive, `.` and `..` taken for what they say, never above the root. */
export function namesOf(path: string): readonly string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "." && name !== "") names.push(name);
  }
  return names;
}

export function* ancestorsOf(path: string): Generator<string, void, undefined> {
  for (let at = path; at !== ""; ) {
    at = parentOf(at);
    yield at;
  }
}

/** A directory that no entry describes, and nothing below. */
export function plainDirectory(): ModelFile {
  return { kind: "directory", says: "", mode: 0o755, owner: "0:0", mtime: 0n, xattrs: [] };
}

export function fileOf(entry: TarFile): ModelFile {
  if (entry.kind === "hardlink") throw new Error("a hard link is no file of its own");
  return { kind: entry.kind, says: sayingOf(entry), ...looksOf(entry) };
}

/** What of a file a second description replaces. */
export function looksOf(entry: TarFile): Omit<ModelFile, "kind" | "says"> {
  const { kind, mode = 0, uid = 0, gid = 0, mtime = 0n, xattrs = new Map() } = entry;
  return { mode: kind === "symlink" ? 0o777 : mode, owner: `${uid}:${gid}`, mtime, xattrs: linesOf(xattrs) };
}

/** overlayfs's own are never taken from a layer. */
function linesOf(xattrs: ReadonlyMap<string, Uint8Array>): readonly string[] {
  return [...xattrs]
    .filter(([name]) => !/^(?:trusted|user)\.overlay\./.test(name))
    .map(([name, value]) => `${name}=${Buffer.from(value).toString("hex")}`)
    .toSorted();
}

function sayingOf({ kind, content, linkName = "", deviceMajor = 0, deviceMinor = 0 }: TarFile): string {
  if (kind === "symlink") return `-> ${linkName}`;
  if (kind === "character" || kind === "block") return `${deviceMajor}:${deviceMinor}`;
  return kind === "file" ? Buffer.from(content ?? []).toString("hex") : "";
}

/** A line for each path, in order. Of the names of one file, all but the first say which that is. */
export function describeModel(tree: ModelTree): readonly string[] {
  const first = new Map<ModelFile, string>();
  const paths = [...tree.keys()].toSorted();
  return paths.flatMap((path) => {
    const file = tree.get(path);
    if (file === undefined) return [];
    const known = file.kind === "directory" ? undefined : first.get(file);
    if (known === undefined) first.set(file, path);
    return [formatLine(path, file, known)];
  });
}

export function formatLine(path: string, file: ModelFile, first: string | undefined): string {
  const { kind, mode, owner, mtime, says, xattrs } = file;
  const same = first === undefined ? "" : `= ${first}`;
  return [`${path || "."} :`, kind, mode.toString(8), owner, mtime, says, same, ...xattrs]
    .filter((part) => part !== "")
    .join(" ");
}
