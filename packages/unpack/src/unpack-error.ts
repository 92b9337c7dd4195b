import { asStorageError, isErrno, StowageError } from "@stowage/errors";

/** Runs a step for the entry `name`; what the kernel refuses because of the entry itself is `invalid-argument`. */
export function unpacking<Result>(name: string, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    throw asUnpackError(cause, name);
  }
}

export function refuseEntry(name: string, why: string, options?: ErrorOptions): StowageError {
  return new StowageError("invalid-argument", `Cannot unpack ${quote(name)}: ${why}`, options);
}

function asUnpackError(cause: unknown, name: string): unknown {
  for (const [errno, why] of Object.entries(refusals)) {
    if (isErrno(cause, errno)) return refuseEntry(name, `${why} (${errno})`, { cause });
  }
  return asStorageError(cause, `unpack ${quote(name)}`);
}

/** Names are bytes; most are UTF-8. */
function quote(name: string): string {
  return JSON.stringify(Buffer.from(name.slice(0, 255), "latin1").toString());
}

const refusals: Readonly<Record<string, string>> = {
  ENAMETOOLONG: "a name in it is too long",
  ELOOP: "a symlink is in the way",
  ENOTDIR: "something in its path is not a directory",
  EEXIST: "something in its path is not a directory",
  EISDIR: "it is a directory",
  ENOENT: "something in its path is missing",
  EMLINK: "it has too many links",
  EXDEV: "it leads out of the layer",
  EINVAL: "the system takes no such thing",
  E2BIG: "an xattr is too large",
  ERANGE: "the name of an xattr is too long",
  EFBIG: "it is larger than a file can be",
};
