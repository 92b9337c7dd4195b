import type { Entry, NewNode } from "./file-call.ts";
import type { Place } from "./path-walker.ts";
import { type Effects, type Handler, modeOf, type TracedCall } from "./traced-call.ts";

/** The calls that change names, by what strace calls them. */
export const nameHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["mkdir", (call) => make(call, { kind: "directory" })],
  ["mkdirat", (call) => make(call, { kind: "directory" })],
  ["mknod", (call) => make(call, specialNode(call))],
  ["mknodat", (call) => make(call, specialNode(call))],
  ["symlink", symlink],
  ["symlinkat", symlink],
  ["link", link],
  ["linkat", link],
  ["rename", rename],
  ["renameat", rename],
  ["renameat2", rename],
  ["unlink", remove],
  ["unlinkat", remove],
  ["rmdir", remove],
]);

/** A place that has a name below the root. */
interface NamedPlace extends Place {
  readonly at: Entry;
}

function make(call: TracedCall, node: NewNode): Effects {
  const [index = 0] = call.paths;
  const mode = modeOf(call.values[index + 1]) & ~call.scene.processes.umask(call.call.thread);
  return makeAt(call, index, { node, mode });
}

function symlink(call: TracedCall): Effects {
  const [target = 0, index = 1] = call.paths;
  return makeAt(call, index, { node: { kind: "symlink", target: call.text(target) }, mode: 0o777 });
}

function makeAt(call: TracedCall, index: number, made: { readonly node: NewNode; readonly mode: number }): Effects {
  const found = named(call, index, false);
  if (found === "outside") return [];
  if (found === "missing" || found.inode !== undefined) return undefined;
  return [{ kind: "make", at: found.at, inode: call.scene.newInode(), path: found.path, ...made }];
}

/** From the type in the mode; without one it is a regular file. */
function specialNode(call: TracedCall): NewNode {
  if (call.has("S_IFIFO")) return { kind: "fifo" };
  if (call.has("S_IFCHR")) return { kind: "device", type: "character", ...deviceNumbers(call) };
  if (call.has("S_IFBLK")) return { kind: "device", type: "block", ...deviceNumbers(call) };
  return { kind: "file" };
}

/** strace prints `makedev(major, minor)`, in hex where they are not 0. */
function deviceNumbers(call: TracedCall): { readonly major: number; readonly minor: number } {
  const device = call.values.at(-1);
  const text = device?.kind === "word" ? device.text : "";
  const { major, minor } = /^makedev\((?<major>\w+), (?<minor>\w+)\)$/.exec(text)?.groups ?? {};
  return { major: Number(major), minor: Number(minor) };
}

function link(call: TracedCall): Effects {
  const [source = 0, target = 1] = call.paths;
  const to = named(call, target, false);
  if (to === "outside") return [];
  const from = call.place(source, call.has("AT_SYMLINK_FOLLOW"));
  if (from.kind === "outside")
    throw new Error(`Cannot follow ${call.call.name}: it brings something in from outside the root`);
  if (to === "missing" || to.inode !== undefined || from.kind === "missing") return undefined;
  if (from.place.inode === undefined) return undefined;
  return [{ kind: "link", at: to.at, inode: from.place.inode, path: to.path }];
}

function rename(call: TracedCall): Effects {
  const [source = 0, target = 1] = call.paths;
  const from = named(call, source, false);
  const to = named(call, target, false);
  if (from === "outside" && to === "outside") return [];
  if (from === "outside")
    throw new Error(`Cannot follow ${call.call.name}: it brings something in from outside the root`);
  if (to === "outside") return removeAt(from);
  if (from === "missing" || to === "missing") return undefined;
  return renameTo(call, from, to);
}

/** Two names of one file are left as they are (POSIX, rename). */
function renameTo(call: TracedCall, { at, inode, path }: NamedPlace, to: NamedPlace): Effects {
  const exchanges = call.has("RENAME_EXCHANGE");
  if (inode === undefined || (exchanges && to.inode === undefined)) return undefined;
  if (call.has("RENAME_NOREPLACE") && to.inode !== undefined) return undefined;
  if (inode === to.inode) return [];
  const renamed = { kind: "rename", inode, from: at, to: to.at, oldPath: path, path: to.path } as const;
  return [exchanges && to.inode !== undefined ? { ...renamed, exchanged: to.inode } : renamed];
}

function remove(call: TracedCall): Effects {
  const found = named(call, call.paths[0] ?? 0, false);
  return found === "outside" ? [] : removeAt(found);
}

function removeAt(found: NamedPlace | "missing"): Effects {
  if (found === "missing" || found.inode === undefined) return undefined;
  return [{ kind: "remove", at: found.at, inode: found.inode, path: found.path }];
}

/** The root itself has no name that could be lost; what is done to it is outside. */
function named(call: TracedCall, index: number, follow: boolean): NamedPlace | "outside" | "missing" {
  const found = call.place(index, follow);
  if (found.kind !== "place") return found.kind;
  const { at } = found.place;
  return at === undefined ? "outside" : { ...found.place, at };
}
