import type { FileHandle } from "node:fs/promises";
import { StowageError } from "@stowage/errors";

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
