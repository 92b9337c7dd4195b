import { contentAfter } from "./content.ts";
import { type DataCall, type FileCall, isDataCall } from "./file-call.ts";
import type { Found } from "./path-walker.ts";
import type { Description } from "./process-table.ts";
import { type Effects, type Handler, numberOf, type TracedCall } from "./traced-call.ts";

/** The calls that change the content of files, by what strace calls them. */
export const dataHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["write", (call) => write(call, undefined)],
  ["writev", (call) => write(call, undefined)],
  ["pwrite64", (call) => write(call, call.number(3))],
  ["pwritev", (call) => write(call, call.number(3))],
  ["pwritev2", (call) => write(call, call.number(3))],
  ["read", read],
  ["readv", read],
  ["truncate", (call) => truncate(call, call.place(0, true))],
  ["ftruncate", (call) => truncate(call, call.opened(0))],
  ["fallocate", allocate],
  ["copy_file_range", (call) => copy(call, { source: 0, target: 2, sourceAt: 1, targetAt: 3 })],
  ["sendfile", (call) => copy(call, { source: 1, target: 0, sourceAt: 2 })],
  ["ioctl", clone],
  ["splice", refuseIntoRoot(2)],
  ["mmap", refuseMapping],
  ["io_uring_setup", refuseRing],
]);

/** Without an `offset`, or with -1, at the position of the open file, which moves on. */
function write(call: TracedCall, offset: number | undefined): Effects {
  const description = call.description(0);
  if (description === undefined) return [];
  return writeAt(call, description, { bytes: call.bytes(1).subarray(0, call.call.result), offset });
}

interface Written {
  readonly bytes: Uint8Array;
  readonly offset: number | undefined;
}

function writeAt({ scene, values }: TracedCall, to: Description, { bytes, offset }: Written): Effects {
  const { inode, path } = to;
  const positioned = offset !== undefined && offset >= 0;
  const end = to.appends ? (scene.sizes.get(inode) ?? 0) : to.position;
  const start = positioned && !to.appends ? offset : end;
  if (!positioned) to.position = start + bytes.byteLength;
  if (bytes.byteLength === 0) return [];
  const written: FileCall = { kind: "write", inode, path, offset: start, bytes };
  const what = to.syncs ?? flaggedSync(values);
  if (what === undefined) return [written];
  return [written, { kind: "sync", inode, path, what, covers: scene.calls.length + 1 }];
}

/** What the flags of `pwritev2` ask for. */
function flaggedSync(values: TracedCall["values"]): "all" | "data" | undefined {
  const flags = values.at(-1);
  const words = flags?.kind === "word" ? flags.text.split("|") : [];
  return words.includes("RWF_SYNC") ? "all" : words.includes("RWF_DSYNC") ? "data" : undefined;
}

/** These are logged raw, so that what was read does not fill the log. */
function read({ scene, call, values }: TracedCall): Effects {
  const description = scene.processes.find(call.thread, numberOf(values[0]));
  if (description !== undefined) description.position += call.result;
  return [];
}

function truncate(call: TracedCall, found: Found): Effects {
  if (found.kind === "outside") return [];
  if (found.kind === "missing" || found.place.inode === undefined) return undefined;
  const { inode, path } = found.place;
  return [{ kind: "truncate", inode, path, size: call.number(1) }];
}

function allocate(call: TracedCall): Effects {
  const description = call.description(0);
  if (description === undefined) return [];
  const { inode, path } = description;
  const [offset, length] = [call.number(2), call.number(3)];
  const keeps = call.has("FALLOC_FL_KEEP_SIZE");
  if (call.has("FALLOC_FL_COLLAPSE_RANGE") || call.has("FALLOC_FL_INSERT_RANGE")) throw cannotFollow(call, path);
  const grown: FileCall = { kind: "allocate", inode, path, size: keeps ? 0 : offset + length };
  if (!call.has("FALLOC_FL_PUNCH_HOLE") && !call.has("FALLOC_FL_ZERO_RANGE")) return [grown];
  const end = Math.min(offset + length, call.scene.sizes.get(inode) ?? 0);
  const zeros: FileCall = { kind: "write", inode, path, offset, bytes: new Uint8Array(Math.max(0, end - offset)) };
  return [grown, zeros];
}

interface CopyArguments {
  readonly source: number;
  readonly target: number;
  readonly sourceAt: number;
  readonly targetAt?: number;
}

function copy(call: TracedCall, { source, target, sourceAt, targetAt }: CopyArguments): Effects {
  const to = call.description(target);
  const from = call.description(source);
  const length = call.call.result;
  const start = pointed(call, sourceAt) ?? from?.position ?? 0;
  if (from !== undefined && pointed(call, sourceAt) === undefined) from.position += length;
  if (to === undefined) return [];
  if (from === undefined) throw cannotFollow(call, to.path);
  const bytes = contentOf(call, from).slice(start, start + length);
  return writeAt(call, to, { bytes, offset: targetAt === undefined ? undefined : pointed(call, targetAt) });
}

/** An offset that is given by a pointer, `[12]`; `NULL` is none. */
function pointed(call: TracedCall, index: number): number | undefined {
  const value = call.values[index];
  return value?.kind === "list" ? numberOf(value.items[0]) : undefined;
}

function contentOf({ scene }: TracedCall, { inode }: Description): Uint8Array {
  const calls = scene.calls.filter((call): call is DataCall => isDataCall(call) && call.inode === inode);
  return contentAfter(scene.contents.get(inode) ?? new Uint8Array(), calls);
}

/** `FICLONE` gives a file the content of another. */
function clone(call: TracedCall): Effects {
  const to = call.has("FICLONE") || call.has("FICLONERANGE") ? call.description(0) : undefined;
  if (to === undefined) return [];
  const from = call.has("FICLONE") ? call.description(2) : undefined;
  if (from === undefined) throw cannotFollow(call, to.path);
  const { inode, path } = to;
  return [
    { kind: "truncate", inode, path, size: 0 },
    { kind: "write", inode, path, offset: 0, bytes: contentOf(call, from) },
  ];
}

function refuseIntoRoot(index: number): Handler {
  return (call) => {
    const to = call.description(index);
    if (to !== undefined) throw cannotFollow(call, to.path);
    return [];
  };
}

/** What is written through a shared mapping is not in the log. */
function refuseMapping(call: TracedCall): Effects {
  const mapped = call.has("MAP_SHARED") && call.has("PROT_WRITE") ? call.description(4) : undefined;
  if (mapped !== undefined) throw cannotFollow(call, mapped.path);
  return [];
}

/** What a ring's kernel thread writes is not in the log; a ring without one is harmless as libuv uses it. */
function refuseRing(call: TracedCall): Effects {
  const [, parameters] = call.values;
  const flags = parameters?.kind === "record" ? parameters.fields.get("flags") : undefined;
  if (flags?.kind === "word" && flags.text.includes("IORING_SETUP_SQPOLL")) throw cannotFollow(call, "");
  return [];
}

function cannotFollow(call: TracedCall, path: string): Error {
  return new Error(`Cannot follow ${call.call.name} on "${path}": the log does not show what it writes`);
}
