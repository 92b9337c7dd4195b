import type { BigIntStats } from "node:fs";
import { constants, type FileHandle, open, stat } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { type AuthFile, decodeAuthFile } from "@stowage/auth";
import { isErrno, StowageError } from "@stowage/errors";
import type { AuthFilePlace } from "./auth-file-places.ts";

/** Bytes; a file with a thousand hosts and the longest tokens that there are is smaller. */
export const maxAuthFileBytes: number = 4 * 1024 * 1024;

/** Reads auth files, and reads one again when it has changed. */
export class AuthFileReader {
  readonly #known = new Map<string, { readonly version: string; readonly file: AuthFile }>();

  /**
   * What a file knows at this moment; `undefined` where it is missing and nobody named it. Fails with `invalid-argument`,
   * with its path in the message, where it cannot be read or understood.
   */
  async read({ path, isNamed }: AuthFilePlace): Promise<AuthFile | undefined> {
    try {
      await using handle = await open(path, readWithoutWaiting);
      return await this.#readOpened(handle, path);
    } catch (cause) {
      if (cause instanceof StowageError) throw cause;
      const isMissing = isErrno(cause, "ENOENT", "ENOTDIR") || (isErrno(cause, "EACCES") && (await isOutOfSight(path)));
      if (isMissing && !isNamed) return undefined;
      throw unreadable(path, isMissing ? "there is no such file" : reasonOf(cause), cause);
    }
  }

  async #readOpened(handle: FileHandle, path: string): Promise<AuthFile> {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw unreadable(path, "it is not a regular file");
    const version = versionOf(stats);
    const known = this.#known.get(path);
    if (known?.version === version) return known.file;
    const content = await buffer(handle.createReadStream({ end: maxAuthFileBytes, autoClose: false }));
    if (content.byteLength > maxAuthFileBytes) throw unreadable(path, `it has more than ${maxAuthFileBytes} bytes`);
    const file = decodeAuthFile(content, path);
    this.#known.set(path, { version, file });
    return file;
  }
}

function reasonOf(error: unknown): string {
  return isErrno(error, "ELOOP") ? "its links lead in a circle" : "it could not be opened and read";
}

/** A pipe in a file's place would be waited for otherwise. */
const readWithoutWaiting = constants.O_RDONLY | constants.O_NONBLOCK;

/** What differs between a file and the one that was there before. */
function versionOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join();
}

function unreadable(path: string, why: string, cause?: unknown): StowageError {
  const message = `Cannot read auth file ${JSON.stringify(path)}: ${why}`;
  return new StowageError("invalid-argument", message, cause === undefined ? {} : { cause });
}

/** Whether it lies in a directory that is closed to us, such as another user's home: then it is not ours to know of. */
async function isOutOfSight(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    return isErrno(error, "EACCES");
  }
}
