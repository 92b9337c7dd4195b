import { isErrno } from "@stowage/errors";
import type { Argument } from "./koffi.ts";
import { call, type LibcFunction } from "./libc.ts";
import { type Path, terminated } from "./path-bytes.ts";

/** An open file, or a path, of which the last part is not followed when it is a symlink. */
export type XattrTarget = number | Path;

/** Sets the attribute `name`, new or not. */
export function setXattr(target: XattrTarget, name: Path, value: Uint8Array): void {
  on(target, ["fsetxattr", "lsetxattr"], [terminated(name), value, value.byteLength, 0]);
}

/** The value of the attribute `name`; `undefined` where it is absent. */
export function findXattr(target: XattrTarget, name: Path): Buffer | undefined {
  try {
    return growing((value) => on(target, ["fgetxattr", "lgetxattr"], [terminated(name), value, value.length]));
  } catch (error) {
    if (!isErrno(error, "ENODATA")) throw error;
    return undefined;
  }
}

/** The names of the attributes. They are bytes; `String(name)` reads one as UTF-8. */
export function listXattrs(target: XattrTarget): readonly Buffer[] {
  const list = growing((names) => on(target, ["flistxattr", "llistxattr"], [names, names.length]));
  const names: Buffer[] = [];
  for (let start = 0; start < list.length; ) {
    const end = list.indexOf(0, start);
    names.push(list.subarray(start, end));
    start = end + 1;
  }
  return names;
}

/** Removes the attribute `name`; fails with ENODATA where it is absent. */
export function removeXattr(target: XattrTarget, name: Path): void {
  on(target, ["fremovexattr", "lremovexattr"], [terminated(name)]);
}

function on(
  target: XattrTarget,
  [byFd, byPath]: readonly [LibcFunction, LibcFunction],
  args: readonly Argument[],
): number {
  return typeof target === "number"
    ? call(byFd, [target, ...args])
    : call(byPath, [terminated(target), ...args], target);
}

/** Reads into a small buffer first, then into the largest that the kernel fills (XATTR_SIZE_MAX, XATTR_LIST_MAX). */
function growing(read: (into: Buffer) => number): Buffer {
  try {
    return fill(Buffer.allocUnsafe(1024), read);
  } catch (error) {
    if (!isErrno(error, "ERANGE")) throw error;
    return fill(Buffer.allocUnsafe(65536), read);
  }
}

function fill(buffer: Buffer, read: (into: Buffer) => number): Buffer {
  return buffer.subarray(0, read(buffer));
}
