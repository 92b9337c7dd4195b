import { StowageError } from "@stowage/errors";
import { decodeLatin1, encodeLatin1 } from "./latin1.ts";
import type { TarLimits } from "./limits.ts";

export interface PaxRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

/**
 * Reads the records of a PAX extended header, each `<length> <key>=<value>\n` where the decimal length counts all of it
 * (POSIX pax, "pax Extended Header"). Values are raw bytes. Fails with `invalid-argument` for anything else.
 */
export function decodePaxRecords(bytes: Uint8Array, limits: TarLimits): readonly PaxRecord[] {
  const records: PaxRecord[] = [];
  for (let start = 0; start < bytes.byteLength; ) {
    if (records.length === limits.paxRecords) throw refusal(`it has more than ${limits.paxRecords} records`);
    const length = decodeLength(bytes, start);
    const end = start + length.value;
    if (end > bytes.byteLength || end < length.end + 3) throw refusal("a record's length is wrong");
    if (bytes[end - 1] !== newline) throw refusal("a record does not end with a newline");
    records.push(splitRecord(bytes.subarray(length.end + 1, end - 1)));
    start = end;
  }
  return records;
}

export function encodePaxRecords(records: readonly PaxRecord[]): Uint8Array {
  return Buffer.concat(records.map(encodeRecord));
}

function encodeRecord({ key, value }: PaxRecord): Uint8Array {
  const rest = key.length + value.byteLength + 3;
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return Buffer.concat([encodeLatin1(`${length} ${key}=`), value, encodeLatin1("\n")]);
}

function decodeLength(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  const end = bytes.indexOf(space, start);
  const digits = end === -1 || end - start > maxLengthDigits ? "" : decodeLatin1(bytes.subarray(start, end));
  if (!/^[0-9]+$/.test(digits)) throw refusal("a record has no length");
  return { value: Number(digits), end };
}

function splitRecord(record: Uint8Array): PaxRecord {
  const equals = record.indexOf(equalsSign);
  if (equals < 1) throw refusal("a record has no key");
  const key = decodeLatin1(record.subarray(0, equals));
  if (key.includes("\0")) throw refusal("a key has a NUL inside");
  return { key, value: new Uint8Array(record.subarray(equals + 1)) };
}

function refusal(why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot read PAX header: ${why}`);
}

const [space, equalsSign, newline] = [0x20, 0x3d, 0x0a];

/** Enough for every length that a header within its limit can have. */
const maxLengthDigits = 10;
