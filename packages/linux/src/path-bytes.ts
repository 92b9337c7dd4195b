/** A path or a name: text is UTF-8, bytes go to the kernel as they are, because names need not be UTF-8. */
export type Path = string | Uint8Array;

/** The path with the NUL that C expects after it. Throws a `TypeError` for a NUL inside, as Node does. */
export function terminated(path: Path): Buffer {
  const bytes = typeof path === "string" ? Buffer.from(`${path}\0`) : Buffer.concat([path, nul]);
  if (bytes.indexOf(0) !== bytes.length - 1) {
    throw Object.assign(new TypeError(`Cannot use path ${JSON.stringify(formatPath(path))}: it has a NUL inside`), {
      code: "ERR_INVALID_ARG_VALUE",
    });
  }
  return bytes;
}

/** The same in memory that is used again for the next one: for a call that is made at once and takes no other such path. */
export function lent(path: Path): Buffer {
  const length = typeof path === "string" ? Buffer.byteLength(path) : path.byteLength;
  if (length >= lentBytes) return terminated(path);
  if (typeof path === "string") lentMemory.write(path);
  else lentMemory.set(path);
  lentMemory[length] = 0;
  return lentMemory.indexOf(0) === length ? lentMemory : terminated(path);
}

/** PATH_MAX; who says more is told so by the kernel. */
const lentBytes = 4096;
const lentMemory = Buffer.alloc(lentBytes);

/** For messages. Bytes that are not UTF-8 show as replacement characters. */
export function formatPath(path: Path): string {
  return typeof path === "string" ? path : Buffer.from(path).toString();
}

const nul = new Uint8Array(1);
