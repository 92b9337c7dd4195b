import { type FileHandle, open } from "node:fs/promises";

/** Makes a file, for its owner alone where no mode is given, or empties the one that is there, and writes `text` to it. */
export async function writeText(
  path: string,
  text: string,
  { mode = 0o600 }: { readonly mode?: number } = {},
): Promise<void> {
  await using file = await open(path, "w", mode);
  await writeAt(file, Buffer.from(text), 0);
}

/** Writes a block at its position. A short write is legal; what is left either goes in or says why not. */
export async function writeAt(file: FileHandle, block: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < block.byteLength; ) {
    const { bytesWritten } = await file.write(block, at, block.byteLength - at, position + at);
    at += bytesWritten;
  }
}
