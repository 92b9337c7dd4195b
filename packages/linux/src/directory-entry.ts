import { call } from "./libc.ts";
import { lent, type Path, terminated } from "./path-bytes.ts";

/** Makes a directory; `mode` is lessened by the umask. */
export function makeDirAt(dirFd: number, name: Path, mode: number): void {
  call("mkdirat", [dirFd, lent(name), mode], name);
}

/** A name in a directory. */
export interface Place {
  readonly dirFd: number;
  readonly name: Path;
}

/** Gives the file at `from` a second name. A symlink at `from` is linked itself, not followed. */
export function linkAt(from: Place, to: Place): void {
  call("linkat", [from.dirFd, terminated(from.name), to.dirFd, terminated(to.name), 0], to.name);
}

/** Makes a symlink `name` that says `target`. */
export function symlinkAt(target: Path, dirFd: number, name: Path): void {
  call("symlinkat", [terminated(target), dirFd, terminated(name)], name);
}

export interface Node {
  /** File type (`nodeKinds`) and permissions, less the umask. */
  readonly mode: number;
  /** Of a device. */
  readonly major?: number;
  readonly minor?: number;
}

/** The S_IF… bits of what `makeNodeAt` makes. */
export const nodeKinds = { fifo: 0o010000, character: 0o020000, block: 0o060000, file: 0o100000 } as const;

/** Makes a fifo, a device or an empty file. */
export function makeNodeAt(dirFd: number, name: Path, { mode, major = 0, minor = 0 }: Node): void {
  call("mknodat", [dirFd, lent(name), mode, encodeDevice(major, minor)], name);
}

/** Removes a name; with `directory`, an empty directory. */
export function unlinkAt(dirFd: number, name: Path, options: { readonly directory?: boolean } = {}): void {
  call("unlinkat", [dirFd, lent(name), options.directory === true ? removeDirectory : 0], name);
}

/** Moves `from` to `to`, replacing what is there. */
export function renameAt(from: Place, to: Place): void {
  call("renameat", [from.dirFd, terminated(from.name), to.dirFd, terminated(to.name)], from.name);
}

/** What a symlink says. */
export function readLinkAt(dirFd: number, name: Path): Buffer {
  const target = Buffer.allocUnsafe(maxPath);
  return target.subarray(0, call("readlinkat", [dirFd, lent(name), target, target.length], name));
}

/** PATH_MAX: no symlink says more. */
const maxPath = 4096;

/** AT_REMOVEDIR */
const removeDirectory = 0x200;

/** glibc's makedev: 12 + 20 bits in their old places, the upper bits above them. */
function encodeDevice(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return ((high & 0xfff_ff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffff_ff00n) << 12n) | (low & 0xffn);
}
