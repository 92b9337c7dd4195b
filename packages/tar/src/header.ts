import { StowageError } from "@stowage/errors";
import { decodeField } from "./latin1.ts";
import { decodeNumber } from "./number-field.ts";

export const blockSize = 512;

/** What stands in one header block, before any extension is applied. Numbers are not yet judged. */
export interface Header {
  /** One character; `"\0"` and `"0"` are both files. */
  readonly type: string;
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Whole seconds. */
  readonly mtime: number;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
}

/**
 * Reads a header: V7, POSIX ustar with its prefix, star, or GNU. Fails with `invalid-argument` where the checksum,
 * summed over signed or unsigned bytes as old writers did either, or a number is wrong.
 */
export function decodeHeader(block: Uint8Array): Header {
  verifyChecksum(block);
  const layout = layoutOf(block);
  const name = decodeField(block, 0, 100);
  const prefix = prefixOf(block, layout);
  const device = layout !== "v7";
  return {
    type: String.fromCharCode(block[156] ?? 0),
    name: prefix === "" ? name : `${prefix}/${name}`,
    linkName: decodeField(block, 157, 100),
    mode: decodeNumber(block, 100, 8),
    uid: decodeNumber(block, 108, 8),
    gid: decodeNumber(block, 116, 8),
    size: decodeNumber(block, 124, 12),
    mtime: decodeNumber(block, 136, 12),
    deviceMajor: device ? decodeNumber(block, 329, 8) : 0,
    deviceMinor: device ? decodeNumber(block, 337, 8) : 0,
  };
}

/** The sum of the bytes of a header, its own field taken for spaces. */
export function checksumOf(block: Uint8Array): { readonly unsigned: number; readonly signed: number } {
  let unsigned = 8 * 0x20;
  let high = 0;
  for (let at = 0; at < blockSize; at += 1) {
    const byte = block[at] ?? 0;
    unsigned += byte;
    high += byte >> 7;
  }
  for (let at = 148; at < 156; at += 1) {
    const byte = block[at] ?? 0;
    unsigned -= byte;
    high -= byte >> 7;
  }
  return { unsigned, signed: unsigned - high * 256 };
}

type Layout = "v7" | "ustar" | "star" | "gnu";

function layoutOf(block: Uint8Array): Layout {
  const magic = decodeField(block, 257, 8);
  if (magic === "ustar  ") return "gnu";
  if (magic !== "ustar") return "v7"; // POSIX has a NUL behind it
  return decodeField(block, 508, 4) === "tar" ? "star" : "ustar";
}

function prefixOf(block: Uint8Array, layout: Layout): string {
  if (layout === "ustar") return decodeField(block, 345, 155);
  if (layout === "star") return decodeField(block, 345, 131);
  return layout === "gnu" ? oldGoPrefix(block) : "";
}

/** Go before 1.8 wrote a prefix where GNU has two times. It shows by not being numbers, and is ASCII. */
function oldGoPrefix(block: Uint8Array): string {
  try {
    decodeNumber(block, 345, 12);
    decodeNumber(block, 357, 12);
    return "";
  } catch {
    const prefix = decodeField(block, 345, 155);
    return /^[\x20-\x7e]*$/.test(prefix) ? prefix : "";
  }
}

function verifyChecksum(block: Uint8Array): void {
  const claimed = decodeNumber(block, 148, 8);
  const { unsigned, signed } = checksumOf(block);
  if (claimed !== unsigned && claimed !== signed) {
    throw new StowageError(
      "invalid-argument",
      `Cannot read tar header: its checksum is ${claimed} and should be ${unsigned}`,
    );
  }
}
