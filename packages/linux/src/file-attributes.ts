import { call } from "./libc.ts";
import { type Path, terminated } from "./path-bytes.ts";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Changes the owner of `name`, of a symlink itself. */
export function changeOwnerAt(dirFd: number, name: Path, { uid, gid }: Owner): void {
  call("fchownat", [dirFd, terminated(name), uid, gid, noFollow], name);
}

/** Changes the owner of an open file. Unlike Node's `fchown`, it takes every id up to 2^32 - 2. */
export function changeOwner(fd: number, { uid, gid }: Owner): void {
  call("fchown", [fd, uid, gid]);
}

/** Changes the permissions of `name`; fails with ENOTSUP for a symlink, which has none. */
export function changeModeAt(dirFd: number, name: Path, mode: number): void {
  call("fchmodat", [dirFd, terminated(name), mode, noFollow], name);
}

/** Changes the permissions of an open file. */
export function changeMode(fd: number, mode: number): void {
  call("fchmod", [fd, mode]);
}

/** Nanoseconds since 1970. */
export interface Times {
  readonly accessed: bigint;
  readonly modified: bigint;
}

/** Sets the times of `name`, of a symlink itself. */
export function setTimesAt(dirFd: number, name: Path, times: Times): void {
  call("utimensat", [dirFd, terminated(name), encodeTimes(times), noFollow], name);
}

/** Sets the times of an open file. */
export function setTimes(fd: number, times: Times): void {
  call("futimens", [fd, encodeTimes(times)]);
}

/** AT_SYMLINK_NOFOLLOW */
const noFollow = 0x100;

/** Two of struct timespec: whole seconds, rounded down, and the nanoseconds above them. */
function encodeTimes({ accessed, modified }: Times): Uint8Array {
  const words = new BigInt64Array([...split(accessed), ...split(modified)]);
  return new Uint8Array(words.buffer);
}

function split(time: bigint): readonly [bigint, bigint] {
  const nanoseconds = ((time % second) + second) % second;
  return [(time - nanoseconds) / second, nanoseconds];
}

const second = 1_000_000_000n;
