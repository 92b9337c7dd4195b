import { join } from "node:path/posix";
import type { Inode } from "./file-call.ts";
import type { Place } from "./path-walker.ts";
import { type Effects, flagsOf, type Handler, modeOf, type TracedCall } from "./traced-call.ts";

/** The calls that open, duplicate and position descriptors, and those that change where a process stands. */
export const openHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["open", (call) => open(call, openArguments(call))],
  ["openat", (call) => open(call, openArguments(call))],
  ["openat2", (call) => open(call, openHow(call))],
  ["creat", (call) => open(call, { flags: new Set(["O_CREAT", "O_TRUNC", "O_WRONLY"]), mode: modeOf(call.values[1]) })],
  ["dup", duplicate],
  ["dup2", duplicate],
  ["dup3", duplicate],
  ["fcntl", (call) => (call.has("F_DUPFD") || call.has("F_DUPFD_CLOEXEC") ? duplicate(call) : [])],
  ["lseek", seek],
  ["chdir", changeDirectory],
  ["fchdir", changeDirectory],
  ["umask", changeUmask],
]);

interface Opening {
  readonly flags: ReadonlySet<string>;
  readonly mode: number;
}

function openArguments(call: TracedCall): Opening {
  const [path = 0] = call.paths;
  return { flags: call.flags(path + 1), mode: modeOf(call.values[path + 2]) };
}

function openHow(call: TracedCall): Opening {
  const how = call.values.find((value) => value.kind === "record");
  return { flags: flagsOf(how?.fields.get("flags")), mode: modeOf(how?.fields.get("mode")) };
}

/** Whether an open with `O_CREAT` made the file shows in whether the model had it. */
function open(call: TracedCall, opening: Opening): Effects {
  const { flags } = opening;
  const exclusive = flags.has("O_CREAT") && flags.has("O_EXCL");
  const found = call.place(call.paths[0] ?? 0, !exclusive && !flags.has("O_NOFOLLOW"));
  if (found.kind === "missing") return undefined;
  if (found.kind === "outside") {
    call.scene.processes.set(call.call.thread, call.call.result, undefined);
    return [];
  }
  const { place } = found;
  if (flags.has("O_TMPFILE")) return openNew(call, { ...place, at: undefined }, opening);
  if (place.inode === undefined) return flags.has("O_CREAT") ? openNew(call, place, opening) : undefined;
  if (exclusive) return undefined;
  return openThere(call, { ...place, inode: place.inode }, opening);
}

function openNew(call: TracedCall, { at, path }: Place, { flags, mode: asked }: Opening): Effects {
  const inode = call.scene.newInode();
  const mode = asked & ~call.scene.processes.umask(call.call.thread);
  register(call, { inode, path }, flags);
  return [{ kind: "make", at, inode, path, node: { kind: "file" }, mode }];
}

function openThere(call: TracedCall, place: { inode: Inode; path: string }, { flags }: Opening): Effects {
  const { inode, path } = place;
  register(call, place, flags);
  const empties = flags.has("O_TRUNC") && (call.scene.sizes.get(inode) ?? 0) > 0;
  return empties ? [{ kind: "truncate", inode, path, size: 0 }] : [];
}

/** From here on the result is a descriptor of the file. */
function register(
  { scene, call }: TracedCall,
  place: { inode: Inode; path: string },
  flags: ReadonlySet<string>,
): void {
  const syncs = flags.has("O_SYNC") ? "all" : flags.has("O_DSYNC") ? "data" : undefined;
  const { inode, path } = place;
  scene.processes.set(call.thread, call.result, { inode, path, position: 0, appends: flags.has("O_APPEND"), syncs });
}

function duplicate(call: TracedCall): Effects {
  const { thread, result } = call.call;
  call.scene.processes.set(thread, result, call.description(0));
  return [];
}

function seek(call: TracedCall): Effects {
  const description = call.description(0);
  if (description !== undefined) description.position = call.call.result;
  return [];
}

function changeDirectory(call: TracedCall): Effects {
  const { scene, values } = call;
  const { thread } = call.call;
  const [to] = values;
  const path = to?.kind === "descriptor" ? to.path : join(scene.processes.workingDirectory(thread), call.text(0));
  scene.processes.change(thread, { workingDirectory: call.text(0).startsWith("/") ? call.text(0) : path });
  return [];
}

function changeUmask(call: TracedCall): Effects {
  call.scene.processes.change(call.call.thread, { umask: modeOf(call.values[0]) });
  return [];
}
