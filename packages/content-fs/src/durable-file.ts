import { type FileHandle, open } from "node:fs/promises";

/** Chunks from a socket are small; this many bytes are gathered for one write. */
const writeBytes = 1024 * 1024;

/** Writes `source` to a new, read-only file, and returns when its bytes would survive a power cut. The name may not yet. */
export async function writeDurably(path: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, "wx", 0o400);
  let gathered: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    gathered.push(chunk);
    size += chunk.byteLength;
    if (size < writeBytes) continue;
    await writeAll(file, gathered, size);
    gathered = [];
    size = 0;
  }
  await writeAll(file, gathered, size);
  await file.datasync();
}

/** Makes the names in a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path);
  await directory.sync();
}

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[], size: number): Promise<void> {
  if (size === 0) return;
  const { bytesWritten } = await file.writev(chunks);
  if (bytesWritten < size) await writeRest(file, Buffer.concat(chunks, size).subarray(bytesWritten));
}

/** A short write is legal; what is left either goes in or says why not. */
async function writeRest(file: FileHandle, rest: Uint8Array): Promise<void> {
  for (let at = 0; at < rest.byteLength; ) {
    const { bytesWritten } = await file.write(rest, at);
    at += bytesWritten;
  }
}
