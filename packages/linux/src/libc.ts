import { constants } from "node:os";
import type * as Koffi from "koffi";
import { type Argument, aside, loadKoffi, type Startable } from "./koffi.ts";
import type { Path } from "./path-bytes.ts";
import { systemError } from "./system-error.ts";

/** Calls into libc and returns what it returns. Throws a system error, naming `path`, when that is -1. */
export function call(name: LibcFunction, args: readonly Argument[], path?: Path): number {
  libc ??= new Libc();
  const result = libc.find(name)(...args);
  if (result === -1) throw systemError(libc.errno(), name, path);
  return result;
}

/** The same on another thread, for calls that take long. The kernel's reason stays there, so a failure is told as EIO. */
export async function callAside(name: LibcFunction, args: readonly Argument[]): Promise<number> {
  libc ??= new Libc();
  const result = await aside(libc.findAside(name), ...args).catch(() => -1);
  if (result === -1) throw systemError(constants.errno.EIO, name);
  return result;
}

export type LibcFunction = keyof typeof prototypes;

const prototypes = {
  openat: "int openat(int, void *, int, uint)",
  openat2: "long syscall(long, int, void *, void *, size_t)",
  mkdirat: "int mkdirat(int, void *, uint)",
  linkat: "int linkat(int, void *, int, void *, int)",
  symlinkat: "int symlinkat(void *, int, void *)",
  mknodat: "int mknodat(int, void *, uint, uint64)",
  unlinkat: "int unlinkat(int, void *, int)",
  renameat: "int renameat(int, void *, int, void *)",
  readlinkat: "long readlinkat(int, void *, void *, size_t)",
  statx: "int statx(int, void *, int, uint, void *)",
  fchownat: "int fchownat(int, void *, uint, uint, int)",
  fchown: "int fchown(int, uint, uint)",
  fchmodat: "int fchmodat(int, void *, uint, int)",
  fchmod: "int fchmod(int, uint)",
  utimensat: "int utimensat(int, void *, void *, int)",
  futimens: "int futimens(int, void *)",
  lsetxattr: "int lsetxattr(void *, void *, void *, size_t, int)",
  fsetxattr: "int fsetxattr(int, void *, void *, size_t, int)",
  lgetxattr: "long lgetxattr(void *, void *, void *, size_t)",
  fgetxattr: "long fgetxattr(int, void *, void *, size_t)",
  llistxattr: "long llistxattr(void *, void *, size_t)",
  flistxattr: "long flistxattr(int, void *, size_t)",
  lremovexattr: "int lremovexattr(void *, void *)",
  fremovexattr: "int fremovexattr(int, void *)",
  lseek: "int64 lseek(int, int64, int)",
  syncfs: "int syncfs(int)",
  fallocate: "int fallocate(int, int, int64, int64)",
  fcntl: "int fcntl(int, int, void *)",
  mount: "int mount(void *, void *, void *, ulong, void *)",
  umount2: "int umount2(void *, int)",
  move_mount: "long syscall(long, int, void *, int, void *, uint)",
  open_tree: "long syscall(long, int, void *, uint)",
  mount_setattr: "long syscall(long, int, void *, uint, void *, size_t)",
  fsopen: "long syscall(long, void *, uint)",
  fsconfig: "long syscall(long, int, uint, void *, void *, int)",
  fsmount: "long syscall(long, int, uint, uint)",
  socket: "int socket(int, int, int)",
  sendto: "long sendto(int, void *, size_t, int, void *, uint)",
  malloc_trim: "int malloc_trim(size_t)",
  _exit: "void _exit(int)",
  prlimit64: "int prlimit64(int, int, void *, void *)",
} as const;

/** Of calls that libc may have no function for; the same on x86_64 and arm64. */
const numbers: Partial<Readonly<Record<LibcFunction, number>>> = {
  openat2: 437,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  mount_setattr: 442,
};

type Bound = (...args: readonly Argument[]) => number;

class Libc {
  readonly #koffi = loadKoffi();
  readonly #library: Koffi.LibraryHandle = this.#koffi.load("libc.so.6");
  readonly #bound = new Map<LibcFunction, Bound>();

  find(name: LibcFunction): Bound {
    const found = this.#bound.get(name);
    if (found !== undefined) return found;
    const bound = this.#bind(name);
    this.#bound.set(name, bound);
    return bound;
  }

  findAside(name: LibcFunction): Startable {
    return this.#library.func(prototypes[name]);
  }

  errno(): number {
    return this.#koffi.errno();
  }

  #bind(name: LibcFunction): Bound {
    const bound: Bound = this.#library.func(prototypes[name]);
    const number = numbers[name];
    return number === undefined ? bound : (...args) => bound(number, ...args);
  }
}

/** Loaded at the first call, so that importing this package costs next to nothing. */
let libc: Libc | undefined;
