import { encodeTar, type TarFile } from "@stowage/tar";

/**
 * What stands in a tar before the content of a file of `size` bytes: its header, and in front of that what a long name
 * takes. The content itself need not be in memory, as it has to be for `encodeTar`.
 */
export function fileHeader(name: string, size: number): Uint8Array {
  const blocks = encoded({ kind: "file", name });
  const header = blocks.subarray(-blockBytes);
  header.set(encodeSize(size), sizeAt);
  header.fill(" ", checksumAt, checksumAt + 8);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, checksumAt, "latin1");
  return blocks;
}

export function directoryHeader(name: string): Uint8Array {
  return encoded({ kind: "directory", name });
}

/** A member without content, and without the end of an archive behind it. */
function encoded(file: TarFile): Buffer {
  return Buffer.concat([...encodeTar([file])]).subarray(0, -endOfTar.byteLength);
}

/** What fills the last block of a file. */
export function filePadding(size: number): Uint8Array {
  return new Uint8Array((blockBytes - (size % blockBytes)) % blockBytes);
}

const blockBytes = 512;

/** Two blocks of zeros. */
export const endOfTar: Uint8Array = new Uint8Array(2 * blockBytes);

/** POSIX ustar, "Header Block" */
const sizeAt = 124;
const checksumAt = 148;

/** Eleven octal digits and a NUL; from 8 GiB on, GNU's base-256, which everybody reads. */
function encodeSize(size: number): Uint8Array {
  const octal = size.toString(8);
  if (octal.length < 12) return Buffer.from(`${octal.padStart(11, "0")}\0`, "latin1");
  const field = Buffer.alloc(12);
  field.writeBigUInt64BE(BigInt(size), 4);
  field[0] = 0x80;
  return field;
}
