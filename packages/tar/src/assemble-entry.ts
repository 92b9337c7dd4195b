import { StowageError } from "@stowage/errors";
import type { Header } from "./header.ts";
import type { TarLimits } from "./limits.ts";
import type { PaxAttributes } from "./pax-attributes.ts";
import type { TarEntry, TarKind } from "./tar-entry.ts";

/** What came before a header and belongs to it. */
export interface Extensions {
  readonly pax?: PaxAttributes;
  /** GNU's long names, which win over PAX. */
  readonly longNames?: { readonly name?: string; readonly linkName?: string };
}

/** An entry from its header and what came before it. Fails with `invalid-argument` for what cannot be an entry. */
export function assembleEntry(header: Header, extensions: Extensions, limits: TarLimits): TarEntry {
  const said = saidOf(header, extensions);
  const kind = kindOf(header.type, said.name);
  const isDevice = kind === "character" || kind === "block";
  const entry: TarEntry = {
    kind,
    name: said.name,
    linkName: kind === "symlink" || kind === "hardlink" ? said.linkName : "",
    size: kind === "file" ? said.size : 0,
    mode: permissionsOf(header.mode),
    uid: idOf(said.uid),
    gid: idOf(said.gid),
    mtime: said.mtime,
    deviceMajor: isDevice ? header.deviceMajor : 0,
    deviceMinor: isDevice ? header.deviceMinor : 0,
    xattrs: said.xattrs,
  };
  const why = objectionTo(entry, limits);
  if (why !== undefined) throw entryRefusal(entry.name, why);
  return entry;
}

type Said = Pick<TarEntry, "name" | "linkName" | "size" | "uid" | "gid" | "mtime" | "xattrs">;

/** What is said of an entry: by its header, unless something before that says otherwise. */
function saidOf(header: Header, { pax, longNames }: Extensions): Said {
  const { name, linkName, size, uid, gid } = header;
  const mtime = BigInt(header.mtime) * 1_000_000_000n;
  const said = { name, linkName, size, uid, gid, mtime, xattrs: noXattrs };
  return pax === undefined && longNames === undefined ? said : { ...said, ...pax, ...longNames };
}

export function entryRefusal(name: string, why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot read tar entry ${JSON.stringify(name.slice(0, 255))}: ${why}`);
}

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map();

/** V7 has no type for directories: their names end with a slash. */
function kindOf(type: string, name: string): TarKind {
  const kind = kinds.get(type);
  if (kind === undefined) throw entryRefusal(name, `its type ${JSON.stringify(type)} is not known`);
  return kind === "file" && name.endsWith("/") ? "directory" : kind;
}

/** POSIX ustar, "typeflag"; `7` is a file for those who do not know better, and `S` is GNU's sparse file. */
const kinds: ReadonlyMap<string, TarKind> = new Map([
  ["\0", "file"],
  ["0", "file"],
  ["1", "hardlink"],
  ["2", "symlink"],
  ["3", "character"],
  ["4", "block"],
  ["5", "directory"],
  ["6", "fifo"],
  ["7", "file"],
  ["S", "file"],
]);

/** The lowest twelve bits; some writers leave those of the kind in, or sign the whole. */
function permissionsOf(mode: number): number {
  return ((mode % 0o10000) + 0o10000) % 0o10000;
}

/** Some writers sign their ids: -2 is 2^32 - 2. */
function idOf(id: number): number {
  return id < 0 && id >= -(2 ** 31) ? id + 2 ** 32 : id;
}

function objectionTo(entry: TarEntry, limits: TarLimits): string | undefined {
  const { name, linkName, size, uid, gid, deviceMajor, deviceMinor } = entry;
  if (name.length > limits.pathBytes) return `its name has more than ${limits.pathBytes} bytes`;
  if (linkName.length > limits.pathBytes) return `its link name has more than ${limits.pathBytes} bytes`;
  if (!isBetween(size, Number.MAX_SAFE_INTEGER)) return "its size is wrong";
  if (!isBetween(uid, maxId) || !isBetween(gid, maxId)) return `its owner ${uid}:${gid} is not between 0 and ${maxId}`;
  if (!isBetween(deviceMajor, maxDevice) || !isBetween(deviceMinor, maxDevice)) return "its device number is wrong";
  return undefined;
}

function isBetween(value: number, max: number): boolean {
  return value >= 0 && value <= max;
}

/** 2^32 - 1 means "no change" to chown(2). */
const maxId = 2 ** 32 - 2;
const maxDevice = 2 ** 32 - 1;
