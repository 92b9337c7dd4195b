import { StowageError } from "@stowage/errors";
import { decodeLatin1 } from "./latin1.ts";

/**
 * A number of a header: octal digits, padded with spaces or NULs on either side, nothing at all for 0; or, where the
 * first bit is set, GNU's base-256: two's complement, big-endian, in the bits after that one.
 * Fails with `invalid-argument` for anything else and beyond 2^53.
 */
export function decodeNumber(field: Uint8Array): number {
  return ((field[0] ?? 0) & 0x80) === 0 ? decodeOctal(field) : decodeBase256(field);
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

function decodeOctal(field: Uint8Array): number {
  let value = 0;
  let at = paddingBefore(field);
  for (let digit = digitAt(field, at); digit >= 0 && digit < 8; digit = digitAt(field, at)) {
    value = value * 8 + digit;
    at += 1;
  }
  if (!endsAt(field, at)) throw refusal(field);
  return value;
}

function paddingBefore(field: Uint8Array): number {
  let at = 0;
  while (field[at] === space || field[at] === 0) at += 1;
  return at;
}

function digitAt(field: Uint8Array, at: number): number {
  return (field[at] ?? 0) - zero;
}

/** What follows a NUL does not count. */
function endsAt(field: Uint8Array, start: number): boolean {
  let at = start;
  while (field[at] === space) at += 1;
  return field[at] === undefined || field[at] === 0;
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
