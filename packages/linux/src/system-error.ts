import { getSystemErrorMessage, getSystemErrorName } from "node:util";
import { formatPath, type Path } from "./path-bytes.ts";

/** A failed call, with the fields of Node's own: `code` ("ENOENT"), `errno` (negative), `syscall` and `path`. */
export function systemError(errno: number, syscall: string, path?: Path): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  const place = path === undefined ? undefined : formatPath(path);
  const message = `${code}: ${getSystemErrorMessage(-errno)}, ${syscall}${place === undefined ? "" : ` '${place}'`}`;
  return Object.assign(new Error(message), {
    code,
    errno: -errno,
    syscall,
    ...(place === undefined ? {} : { path: place }),
  });
}
