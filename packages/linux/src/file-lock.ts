import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { isErrno, StowageError } from "@stowage/errors";
import { call } from "./libc.ts";

/** A lock that is held. It ends with `dispose`, or with the process, however that dies. */
export interface FileLock extends Disposable {
  readonly path: string;
}

/** Somebody else holds the lock. */
export class LockHeldError extends StowageError {
  /** For messages: `process 4711`, or that it is not known. */
  readonly holder: string;

  constructor(path: string, holder: string, options?: ErrorOptions) {
    super("failed-precondition", `Cannot lock "${path}": ${holder} holds it`, options);
    this.holder = holder;
  }
}

/**
 * Takes the lock file `path`, made if absent, at once or not at all: fails with a `LockHeldError` while somebody holds it. Two openings within one process exclude each other, too.
 */
export function lockFile(path: string): FileLock {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    claim(fd, path);
    nameHolder(fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return held(path, fd);
}

/**
 * The same, waiting until nobody holds it: for files that others lock for a moment, such as POSIX record locks. They are the others'
 * files: nobody is named in it. Fails with a `LockHeldError` where that takes longer than `milliseconds`.
 */
export async function waitForFileLock(
  path: string,
  { milliseconds }: { readonly milliseconds: number },
): Promise<FileLock> {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
  const end = performance.now() + milliseconds;
  for (let pause = 1; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      claim(fd, path);
      return held(path, fd);
    } catch (error) {
      if (error instanceof LockHeldError && performance.now() < end) {
        await setTimeout(pause);
        continue;
      }
      closeSync(fd);
      throw error;
    }
  }
}

/** Milliseconds. */
const longestPause = 50;

function held(path: string, fd: number): FileLock {
  let open = true;
  return {
    path,
    [Symbol.dispose]() {
      if (!open) return;
      open = false;
      closeSync(fd);
    },
  };
}

function claim(fd: number, path: string): void {
  try {
    call("fcntl", [fd, setOpenFileLock, wholeFileWriteLock()], path);
  } catch (cause) {
    if (!isErrno(cause, "EAGAIN", "EACCES")) throw cause;
    throw new LockHeldError(path, holder(path), { cause });
  }
}

/** In place, for which a full disk has room where somebody was named before. Without room, nobody is. */
function nameHolder(fd: number): void {
  try {
    writeSync(fd, `${String(process.pid).padEnd(longestPid)}\n`, 0);
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
  }
}

const longestPid = 10;

function holder(path: string): string {
  const pid = readFileSync(path, "utf8").trim();
  return /^[0-9]{1,10}$/.test(pid) ? `process ${pid}` : "another process";
}

/** F_OFD_SETLK: the lock belongs to the opening, not to the process, and no other `close` of this process ends it. */
const setOpenFileLock = 37;

/** struct flock on 64 bits: F_WRLCK, SEEK_SET, start 0, length 0 (to the end), pid 0. */
function wholeFileWriteLock(): Uint8Array {
  const lock = new Uint8Array(32);
  lock[0] = 1;
  return lock;
}
