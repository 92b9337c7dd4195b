import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";

/** The text of a file; one and the same object for as long as the text is the same. */
export interface FileText {
  readonly path: string;
  readonly text: string;
}

/** Text files that are looked at before every use, and read again only when they changed. */
export interface Files {
  /**
   * The text of a file, `undefined` where there is none. Fails with `invalid-argument` where it is no file, longer than
   * `maxFileBytes` or not UTF-8, and as the file system says where it cannot be read.
   */
  read(path: string): Promise<FileText | undefined>;
}

/** A bundle of all authorities of the web has a quarter of this. */
export const maxFileBytes: number = 2 ** 20;

/** `now` is the clock of this machine, in milliseconds. */
export function createFiles(now: () => number = Date.now): Files {
  const known = new Map<string, Known>();
  return {
    async read(path) {
      try {
        return await look(path, { known, now });
      } catch (cause) {
        known.delete(path);
        if (isErrno(cause, "ENOENT", "ENOTDIR")) return undefined;
        throw asStorageError(cause, `read "${path}"`);
      }
    },
  };
}

interface Known {
  readonly file: FileText;
  /** What the file looked like; `undefined` where it may have changed since without looking different. */
  readonly stamp: string | undefined;
}

interface Memory {
  readonly known: Map<string, Known>;
  readonly now: () => number;
}

/** Opened before it is looked at, so that both are of one file also while links are swapped; and never waiting for a pipe. */
async function look(path: string, { known, now }: Memory): Promise<FileText> {
  await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stamp = await stampOf(handle, path, now);
  const before = known.get(path);
  if (before?.stamp !== undefined && before.stamp === stamp) return before.file;
  const text = await readText(handle, path);
  const latest = known.get(path);
  const file = latest?.file.text === text ? latest.file : { path, text };
  known.set(path, { file, stamp });
  return file;
}

/** Clocks of file systems tick slowly: a file that changed just now may change again and look the same. */
const settledMilliseconds = 2000;

async function stampOf(handle: FileHandle, path: string, now: () => number): Promise<string | undefined> {
  const stat = await handle.stat({ bigint: true });
  if (!stat.isFile()) throw refusal(path, "it is not a file");
  const changed = Number(stat.ctimeNs / 1_000_000n);
  if (Math.abs(now() - changed) < settledMilliseconds) return undefined;
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(" ");
}

async function readText(handle: FileHandle, path: string): Promise<string> {
  const bytes = new Uint8Array(maxFileBytes + 1);
  let length = 0;
  while (length < bytes.byteLength) {
    const { bytesRead } = await handle.read(bytes, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length > maxFileBytes) throw refusal(path, `it has more than ${maxFileBytes} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length));
  } catch (cause) {
    throw refusal(path, "it is not UTF-8", { cause });
  }
}

function refusal(path: string, why: string, options?: ErrorOptions): StowageError {
  return new StowageError("invalid-argument", `Cannot read "${path}": ${why}`, options);
}
