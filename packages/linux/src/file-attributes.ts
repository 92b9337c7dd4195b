import { call } from "./libc.ts";
import { lent, type Path } from "./path-bytes.ts";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Changes the owner of `name`, of a symlink itself. */
export function changeOwnerAt(dirFd: number, name: Path, { uid, gid }: Owner): void {
  call("fchownat", [dirFd, lent(name), uid, gid, noFollow], name);
}

/** Changes the owner of an open file. Unlike Node's `fchown`, it takes every id up to 2^32 - 2. */
export function changeOwner(fd: number, { uid, gid }: Owner): void {
  call("fchown", [fd, uid, gid]);
}

/** Changes the permissions of `name`; fails with ENOTSUP for a symlink, which has none. */
export function changeModeAt(dirFd: number, name: Path, mode: number): void {
  call("fchmodat", [dirFd, lent(name), mode, noFollow], name);
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
  call("utimensat", [dirFd, lent(name), encodeTimes(times), noFollow], name);
}

/** Sets the times of an open file. */
export function setTimes(fd: number, times: Times): void {
  call("futimens", [fd, encodeTimes(times)]);
}

/** AT_SYMLINK_NOFOLLOW */
const noFollow = 0x100;

/** Two of struct timespec: whole seconds, rounded down, and the nanoseconds above them. In the same memory for each call. */
function encodeTimes({ accessed, modified }: Times): Uint8Array {
  encodeTime(accessed, 0);
  if (accessed === modified) timespecs.copyWithin(2, 0, 2);
  else encodeTime(modified, 2);
  return timespecBytes;
}

function encodeTime(time: bigint, at: 0 | 2): void {
  let seconds = time / second;
  let nanoseconds = time % second;
  if (nanoseconds < 0n) {
    nanoseconds += second;
    seconds -= 1n;
  }
  timespecs[at] = seconds;
  timespecs[at + 1] = nanoseconds;
}

const timespecs = new BigInt64Array(4);
const timespecBytes = new Uint8Array(timespecs.buffer);

const second = 1_000_000_000n;
