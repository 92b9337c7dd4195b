import { call } from "./libc.ts";
import { lent, type Path } from "./path-bytes.ts";

export type FileKind = "file" | "directory" | "symlink" | "character" | "block" | "fifo" | "socket";

/** What statx(2) tells of a file. */
export interface FileStatus {
  readonly kind: FileKind;
  /** Permissions with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Disk that it takes, in units of 512 bytes. */
  readonly blocks: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Of a device file; 0 otherwise. */
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly links: number;
  readonly inode: bigint;
  /** The file system it is on, as `major:minor`. */
  readonly device: string;
}

/** The status of `name` in the directory `dirFd`, of a symlink itself. */
export function statAt(dirFd: number, name: Path): FileStatus {
  return decodeStatus(statx([dirFd, lent(name), noFollow], name));
}

/** The status of an open file, also of one opened as a mere path. */
export function statFd(fd: number): FileStatus {
  return decodeStatus(statx([fd, itself, emptyPath]));
}

/** Into the same memory for each call. */
function statx([fd, name, flags]: readonly [number, Uint8Array, number], path?: Path): Buffer {
  call("statx", [fd, name, flags, basicStats, status], path);
  return status;
}

/** The empty path, with its NUL. */
const itself = new Uint8Array(1);

const status = Buffer.alloc(256);

/** AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, STATX_BASIC_STATS */
const noFollow = 0x100;
const emptyPath = 0x1000;
const basicStats = 0x7ff;

/** struct statx (linux/stat.h), whose layout is the same on every processor. */
function decodeStatus(statx: Buffer): FileStatus {
  const mode = statx.readUInt16LE(28);
  return {
    kind: kindOf(mode & 0o170000),
    mode: mode & 0o7777,
    uid: statx.readUInt32LE(20),
    gid: statx.readUInt32LE(24),
    size: Number(statx.readBigUInt64LE(40)),
    blocks: Number(statx.readBigUInt64LE(48)),
    mtime: statx.readBigInt64LE(112) * 1_000_000_000n + BigInt(statx.readUInt32LE(120)),
    deviceMajor: statx.readUInt32LE(128),
    deviceMinor: statx.readUInt32LE(132),
    links: statx.readUInt32LE(16),
    inode: statx.readBigUInt64LE(32),
    device: `${statx.readUInt32LE(136)}:${statx.readUInt32LE(140)}`,
  };
}

function kindOf(format: number): FileKind {
  const kind = kinds.get(format);
  if (kind === undefined) throw new Error(`Cannot decode a file status: its format is 0o${format.toString(8)}`);
  return kind;
}

const kinds: ReadonlyMap<number, FileKind> = new Map([
  [0o010000, "fifo"],
  [0o020000, "character"],
  [0o040000, "directory"],
  [0o060000, "block"],
  [0o100000, "file"],
  [0o120000, "symlink"],
  [0o140000, "socket"],
]);
