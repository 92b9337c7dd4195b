import { constants } from "node:fs";
import { isErrno } from "@stowage/errors";
import { call } from "./libc.ts";
import { lent, type Path } from "./path-bytes.ts";

/** Flags for opening. The values differ between processors, so they are never written as numbers. */
export const openFlags: Readonly<Record<OpenFlag, number>> = {
  readOnly: constants.O_RDONLY,
  writeOnly: constants.O_WRONLY,
  readWrite: constants.O_RDWR,
  create: constants.O_CREAT,
  exclusive: constants.O_EXCL,
  truncate: constants.O_TRUNC,
  append: constants.O_APPEND,
  directory: constants.O_DIRECTORY,
  noFollow: constants.O_NOFOLLOW,
  nonBlock: constants.O_NONBLOCK,
  /** A place in the tree, not for reading or writing. */
  path: 0o10000000,
};

export type OpenFlag =
  | "readOnly"
  | "writeOnly"
  | "readWrite"
  | "create"
  | "exclusive"
  | "truncate"
  | "append"
  | "directory"
  | "noFollow"
  | "nonBlock"
  | "path";

/** In the place of a directory: names are relative to the working directory of the process. */
export const workingDirectory: number = -100;

/** Opens `name` in the directory `dirFd`; closed on exec. `mode` is that of a file it creates, less the umask. */
export function openAt(dirFd: number, name: Path, { flags, mode = 0 }: OpenOptions): number {
  return call("openat", [dirFd, lent(name), flags | closeOnExec, mode], name);
}

export interface OpenOptions {
  /** Of `openFlags`, joined with `|`. */
  readonly flags: number;
  readonly mode?: number;
}

/**
 * How openat2(2) resolves a path below a directory, magic links never followed: `beneath` fails with EXDEV where the
 * path would leave, `in-root` takes the directory for `/` as chroot does, `beneath-no-symlinks` also fails at any symlink.
 */
export type Resolution = "beneath" | "in-root" | "beneath-no-symlinks";

/** Opens `path` below the directory `dirFd` and never outside of it, whatever links and renames there are. */
export function openBeneath(dirFd: number, path: Path, options: OpenBeneathOptions): number {
  const { flags, mode = 0, resolve } = options;
  const how = new BigUint64Array([BigInt(flags | closeOnExec), BigInt(mode), BigInt(resolutions[resolve])]);
  const args = [dirFd, lent(path), new Uint8Array(how.buffer), how.byteLength] as const;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return call("openat2", args, path);
    } catch (error) {
      if (!isErrno(error, "EAGAIN") || attempt === maxAttempts) throw error;
    }
  }
}

export interface OpenBeneathOptions extends OpenOptions {
  readonly resolve: Resolution;
}

/** The kernel asks to try again (EAGAIN) when something was renamed while it resolved `..`. */
const maxAttempts = 128;

const closeOnExec = 0o2000000;

/** linux/openat2.h */
const noMagicLinks = 0x02;
const noSymlinks = 0x04;
const beneath = 0x08;
const inRoot = 0x10;

const resolutions: Readonly<Record<Resolution, number>> = {
  beneath: beneath | noMagicLinks,
  "in-root": inRoot | noMagicLinks,
  "beneath-no-symlinks": beneath | noSymlinks | noMagicLinks,
};
