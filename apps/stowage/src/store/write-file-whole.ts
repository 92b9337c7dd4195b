import { randomUUID } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type AbortOptions, asStorageError, ifThere, isErrno, StowageError } from "@stowage/errors";
import { writeAt } from "@stowage/linux";

/**
 * Writes a file, or the one that a link at `path` leads to: under another name beside it, which it gives up for its own when it is
 * whole and on the disk. Where that fails, nothing has changed. What is no regular file, like a device, is written to as it is.
 */
export async function writeFileWhole(
  path: string,
  content: AsyncIterable<Uint8Array>,
  { signal }: AbortOptions,
): Promise<void> {
  try {
    const target = (await ifThere(realpath(path))) ?? path;
    const there = await ifThere(stat(target));
    if (there?.isFile() ?? true) await writeBeside(target, content, { signal });
    else await writeInto(target, content, { signal });
  } catch (cause) {
    if (isErrno(cause, "ENOENT"))
      throw new StowageError("not-found", `Cannot write "${path}": there is no such directory`, { cause });
    throw asStorageError(cause, `write "${path}"`);
  }
}

async function writeBeside(path: string, content: AsyncIterable<Uint8Array>, options: AbortOptions): Promise<void> {
  const unfinished = join(dirname(path), `.${basename(path).slice(0, maxNameLength)}.${randomUUID()}`);
  try {
    await using file = await open(unfinished, "wx", ownerOnly);
    await writeAll(file, content, options);
    await file.sync();
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await using directory = await open(dirname(path));
  await directory.sync();
}

async function writeAll(file: FileHandle, content: AsyncIterable<Uint8Array>, { signal }: AbortOptions): Promise<void> {
  let at = 0;
  for await (const block of content) {
    signal?.throwIfAborted();
    await writeAt(file, block, at);
    at += block.byteLength;
  }
}

/** A device or a pipe has no places to write at. */
async function writeInto(path: string, content: AsyncIterable<Uint8Array>, { signal }: AbortOptions): Promise<void> {
  await using file = await open(path, "w");
  for await (const block of content) {
    signal?.throwIfAborted();
    await file.writeFile(block);
  }
}

/** With what is put around it, it still fits the 255 bytes of a name, in whatever script it is. */
const maxNameLength = 50;

/** As docker saves: images can have secrets. */
const ownerOnly = 0o600;
