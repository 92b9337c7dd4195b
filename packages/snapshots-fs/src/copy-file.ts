import { constants } from "node:fs";
import { copyFile, open } from "node:fs/promises";
import { isErrno, StowageError } from "@stowage/errors";
import { findData, writeAt } from "@stowage/linux";
import type { TreeFile, TreePlace } from "@stowage/stacked-tree";

/** What one layer may still write of the files of others. */
export class CopyAllowance {
  readonly #bytes: number;
  #left: number;

  constructor(bytes: number = maxCopiedBytes) {
    this.#bytes = bytes;
    this.#left = bytes;
  }

  /** Uses `bytes` up. Fails with `invalid-argument` when there are fewer. */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    const what = `its hard links copy more than ${this.#bytes} bytes of the layers below`;
    throw new StowageError("invalid-argument", `Cannot commit layer: ${what}`);
  }
}

/** A hard link takes a hundred bytes of a layer and gives a file of any size; real ones copy up some megabytes. */
const maxCopiedBytes = 64 * 1024 ** 3;

export interface CopyOptions {
  readonly allowance: CopyAllowance;
  readonly signal?: AbortSignal | undefined;
}

/** Makes the file `to` with the content and the holes of `from`: by reference where the file system can, else block by block. */
export async function copyContent(from: TreeFile, to: TreePlace, options: CopyOptions): Promise<void> {
  try {
    await copyFile(from.path, to.path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  } catch (error) {
    if (!isErrno(error, "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "ENOTTY", "EINVAL", "EXDEV")) throw error;
    await copyBlocks(from, to, options);
  }
}

async function copyBlocks(from: TreeFile, to: TreePlace, { allowance, signal }: CopyOptions): Promise<void> {
  await using source = await open(from.path, constants.O_RDONLY | constants.O_NOFOLLOW);
  await using target = await open(to.path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  const block = Buffer.allocUnsafe(blockSize);
  for (let data = findData(source.fd, 0); data !== undefined; data = findData(source.fd, data.end)) {
    for (let at = data.start; at < data.end; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await source.read(block, 0, Math.min(blockSize, data.end - at), at);
      if (bytesRead === 0) throw new Error("a file of a committed layer became shorter");
      allowance.take(bytesRead);
      await writeAt(target, block.subarray(0, bytesRead), at);
      at += bytesRead;
    }
  }
  await target.truncate(from.status.size);
}

/** Large enough that the calls do not count, small enough that a signal is seen at once. */
const blockSize = 1024 * 1024;
