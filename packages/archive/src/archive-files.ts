import type { FileHandle } from "node:fs/promises";
import { StowageError } from "@stowage/errors";
import { quoteText } from "@stowage/oci";

/** A file of an archive. It can be read as often as needed, also several times at once. */
export interface ArchivedFile {
  /** Bytes. */
  readonly size: number;
  /** From an offset on. */
  read(from?: number): AsyncIterable<Uint8Array>;
}

/** The files of an archive by their paths in it: a directory or a tar. */
export interface ArchiveFiles extends AsyncDisposable {
  /** `undefined` where there is no regular file. Fails with `failed-precondition` for one that is not to be trusted. */
  find(path: string): Promise<ArchivedFile | undefined>;
}

export function notAnArchive(why: string, options?: ErrorOptions): StowageError {
  return new StowageError("invalid-argument", `Cannot read archive: ${why}`, options);
}

/** What is wrong with something in an archive. */
export function brokenEntry(path: string, why: string, options?: ErrorOptions): StowageError {
  return new StowageError("failed-precondition", `Cannot read archive: ${quoteText(path)} ${why}`, options);
}

/** A small file, whole; `undefined` where it is missing. */
export async function findBytes(
  files: ArchiveFiles,
  path: string,
  { limit }: { readonly limit: number },
): Promise<Uint8Array | undefined> {
  const file = await files.find(path);
  if (file === undefined) return undefined;
  if (file.size > limit) throw brokenEntry(path, `has ${file.size} bytes, at most ${limit} are allowed`);
  return Buffer.concat(await Array.fromAsync(file.read()));
}

/** Reads a document of an archive; what is wrong with it is told with its path. */
export function inEntry<Value>(path: string, decode: () => Value): Value {
  try {
    return decode();
  } catch (cause) {
    if (!(cause instanceof StowageError) && !(cause instanceof SyntaxError)) throw cause;
    throw brokenEntry(path, `is broken: ${cause.message}`, { cause });
  }
}

/** Bytes `start` to `end` of an open file. Fails with `failed-precondition` where the file has become shorter. */
export async function* readRange(
  file: FileHandle,
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; at < end; ) {
    const block = Buffer.allocUnsafe(Math.min(blockBytes, end - at));
    const { bytesRead } = await file.read(block, 0, block.byteLength, at);
    if (bytesRead === 0) throw new StowageError("failed-precondition", "Cannot read archive: it became shorter");
    yield block.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** What one read takes: large beside a call, small beside what several readers at once may hold. */
const blockBytes = 256 * 1024;
