import { StowageError } from "@stowage/errors";
import type { TarLimits } from "./limits.ts";
import type { TarEntry } from "./tar-entry.ts";
import { TarReader } from "./tar-reader.ts";

/** An entry with all that it contains; holes are zeros. */
export interface TarMember extends TarEntry {
  readonly content: Uint8Array;
}

/** Reads a small archive in memory. Fails with `invalid-argument` as `TarReader` does, and beyond 64 MiB of content. */
export function decodeTar(bytes: Uint8Array, limits: Partial<TarLimits> = {}): readonly TarMember[] {
  const members: TarMember[] = [];
  let current: TarEntry | undefined;
  let chunks: Uint8Array[] = [];
  let size = 0;
  const add = (length: number): void => {
    size += length;
    if (size > maxContentBytes)
      throw new StowageError("invalid-argument", `Cannot read tar: it has more than ${maxContentBytes} bytes`);
  };
  const reader = new TarReader(
    {
      entry: (entry) => void (current = entry),
      data: (chunk) => {
        add(chunk.byteLength);
        chunks.push(chunk);
      },
      hole: (length) => {
        add(length);
        chunks.push(new Uint8Array(length));
      },
      endEntry: () => {
        if (current !== undefined) members.push({ ...current, content: new Uint8Array(Buffer.concat(chunks)) });
        chunks = [];
      },
    },
    limits,
  );
  reader.push(bytes);
  reader.end();
  return members;
}

/** A sparse file of a few bytes can read as petabytes; whoever wants more than this streams. */
const maxContentBytes = 64 * 1024 * 1024;
