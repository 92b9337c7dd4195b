import { type FileHandle, mkdtempDisposable, open } from "node:fs/promises";
import { join } from "node:path";
import { asStorageError, StowageError } from "@stowage/errors";
import { writeAt } from "@stowage/linux";
import { notAnArchive } from "./archive-files.ts";
import { decompressed } from "./decompressed.ts";
import type { OpenArchiveOptions } from "./image-archive.ts";
import { maxSpooledBytes } from "./limits.ts";
import { isTarStart } from "./scan-tar.ts";
import { untilAborted } from "./until-aborted.ts";

/**
 * Writes a tar, decompressed, into a file that can be read at any place. The file has no name by the time this returns,
 * so it goes when it is closed, also by the end of the process. What does not begin as a tar is `invalid-argument` at
 * its first block, whatever is behind that.
 */
export async function spool(source: AsyncIterable<Uint8Array>, options: OpenArchiveOptions = {}): Promise<FileHandle> {
  const { signal, scratch = defaultScratch, onProgress } = options;
  await using opening = new AsyncDisposableStack();
  const file = opening.use(await openUnnamed(scratch));
  let [at, isJudged] = [0, false];
  for await (const block of atLeast(decompressed(untilAborted(source, { signal })), judgedBytes)) {
    signal?.throwIfAborted();
    if (!isJudged && !isTarStart(block)) throw notAnArchive("it is no tar");
    isJudged = true;
    if (at + block.byteLength > maxSpooledBytes) throw tooLarge();
    await storing(scratch, writeAt(file, block, at));
    at += block.byteLength;
    onProgress?.({ kind: "spooling", bytes: at });
  }
  if (!isJudged) throw notAnArchive("it is empty");
  opening.move();
  return file;
}

/** Many gigabytes may come; /tmp is memory on some machines. */
const defaultScratch = "/var/tmp";

/** A tar is told by its first block. */
const judgedBytes = 512;

async function openUnnamed(scratch: string): Promise<FileHandle> {
  await using directory = await storing(scratch, mkdtempDisposable(join(scratch, "stowage-archive-")));
  return await storing(scratch, open(join(directory.path, "archive.tar"), "wx+", 0o600));
}

async function storing<Result>(scratch: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    throw asStorageError(cause, `spool archive into "${scratch}"`);
  }
}

/** The same bytes, of which the first block has so many, unless there are fewer. */
async function* atLeast(blocks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  let first: Uint8Array | undefined = new Uint8Array();
  for await (const block of blocks) {
    const joined: Uint8Array = first === undefined ? block : Buffer.concat([first, block]);
    first = first !== undefined && joined.byteLength < bytes ? joined : undefined;
    if (first === undefined) yield joined;
  }
  if (first !== undefined && first.byteLength > 0) yield first;
}

function tooLarge(): StowageError {
  const why = `it has more than ${maxSpooledBytes} bytes when it is decompressed`;
  return new StowageError("failed-precondition", `Cannot read archive: ${why}`);
}
