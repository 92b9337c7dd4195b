import type { Stats } from "node:fs";
import { type FileHandle, stat } from "node:fs/promises";
import type { BlobFile } from "@stowage/content";
import { type AbortOptions, isErrno } from "@stowage/errors";

/** Reads are this large: past 1 MiB nothing is gained. */
const blockBytes = 1024 * 1024;

export interface ReadRange extends AbortOptions {
  readonly start?: number;
  readonly end?: number;
}

/** The bytes of an open file from `start` to `end`, or to where it ends. Each block is the reader's to keep. */
export async function* readFrom(
  file: FileHandle,
  { start = 0, end = Number.POSITIVE_INFINITY, signal }: ReadRange = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (let at = start; at < end; ) {
    signal?.throwIfAborted();
    const { buffer, bytesRead } = await file.read(new Uint8Array(Math.min(blockBytes, end - at)), { position: at });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** A file that has all its bytes, as one that arrives. */
export function wholeFile(file: FileHandle, size: number): BlobFile {
  return { fd: file.fd, size, arrived: async () => size, [Symbol.asyncDispose]: () => file.close() };
}

/** What is at `path`, or `undefined` where nothing is. */
export async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
