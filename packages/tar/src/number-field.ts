import { StowageError } from "@stowage/errors";
import { decodeLatin1 } from "./latin1.ts";

/**
 * A number in a header, in `length` bytes from `start` on: octal digits, padded with spaces or NULs on either side, nothing at
 * all for 0; or, where the first bit is set, GNU's base-256: two's complement, big-endian, in the bits after that one.
 * Fails with `invalid-argument` for anything else and beyond 2^53.
 */
export function decodeNumber(block: Uint8Array, start = 0, length: number = block.byteLength - start): number {
  const isOctal = ((block[start] ?? 0) & 0x80) === 0;
  return isOctal ? decodeOctal(block, start, start + length) : decodeBase256(block.subarray(start, start + length));
}

/** Octal where it fits, with a NUL at the end; base-256 where it does not. */
export function encodeNumber(value: number, length: number): Uint8Array {
  const digits = value < 0 ? undefined : value.toString(8);
  if (digits !== undefined && digits.length < length)
    return Buffer.from(`${digits.padStart(length - 1, "0")}\0`, "latin1");
  const field = new Uint8Array(length);
  let rest = BigInt(value);
  for (let at = length - 1; at >= 0; at -= 1) {
    field[at] = Number(BigInt.asUintN(8, rest));
    rest >>= 8n;
  }
  field[0] = (field[0] ?? 0) | 0x80;
  return field;
}

function decodeOctal(block: Uint8Array, start: number, end: number): number {
  let value = 0;
  let at = start;
  while (at < end && isPadding(block[at])) at += 1;
  for (; at < end && isDigit(block[at]); at += 1) value = value * 8 + (block[at] ?? 0) - zero;
  while (at < end && block[at] === space) at += 1;
  if (at < end && block[at] !== 0) throw refusal(block.subarray(start, end)); // what follows a NUL does not count
  return value;
}

function isDigit(byte = 0): boolean {
  return byte >= zero && byte < zero + 8;
}

function isPadding(byte: number | undefined): boolean {
  return byte === space || byte === 0;
}

function decodeBase256(field: Uint8Array): number {
  let value = 0n;
  for (const byte of field) value = (value << 8n) | BigInt(byte);
  const number = Number(BigInt.asIntN(field.byteLength * 8 - 1, value));
  if (!Number.isSafeInteger(number)) throw refusal(field);
  return number;
}

function refusal(field: Uint8Array): StowageError {
  return new StowageError("invalid-argument", `Cannot read tar number ${JSON.stringify(decodeLatin1(field))}`);
}

const zero = 0x30;
const space = 0x20;
