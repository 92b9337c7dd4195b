import { StowageError } from "@stowage/errors";
import { decodeLatin1 } from "./latin1.ts";
import type { TarLimits } from "./limits.ts";
import type { PaxRecord } from "./pax-records.ts";
import { parsePaxTime } from "./pax-time.ts";
import { pair, parseSparseList, parseSparseNumber, type SparseRegion } from "./sparse-map.ts";

/** What a PAX header says about the entry behind it, in place of what its own header says. */
export interface PaxAttributes {
  readonly name?: string;
  readonly linkName?: string;
  readonly size?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Nanoseconds since 1970. */
  readonly mtime?: bigint;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  readonly sparse?: PaxSparse;
}

/** A sparse file of GNU's PAX forms: 0.0 and 0.1 have their regions in the header, 1.0 has them before the data. */
export interface PaxSparse {
  readonly size: number;
  readonly regions: readonly SparseRegion[] | "before-data";
}

/** Reads the records that matter; of records with one key the last counts, and an empty one says nothing. */
export function readPaxAttributes(records: readonly PaxRecord[], limits: TarLimits): PaxAttributes {
  const found = new Map(records.map(({ key, value }) => [key, value] as const));
  const text = (key: string): string | undefined => {
    const value = found.get(key);
    return value === undefined || value.byteLength === 0 ? undefined : decodeLatin1(value);
  };
  const mtime = text("mtime");
  const sparse = readSparse(records, text);
  return {
    ...defined("name", pathOf(text("GNU.sparse.name") ?? text("path"))),
    ...defined("linkName", pathOf(text("linkpath"))),
    ...defined("size", integerOf(text("size"))),
    ...defined("uid", integerOf(text("uid"))),
    ...defined("gid", integerOf(text("gid"))),
    ...defined("mtime", mtime === undefined ? undefined : parsePaxTime(mtime)),
    ...defined("sparse", sparse),
    xattrs: readXattrs(records, limits),
  };
}

type Lookup = (key: string) => string | undefined;

function defined<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } | undefined {
  if (value === undefined) return undefined;
  const field: { [K in Key]?: Value } = {};
  field[key] = value;
  return field;
}

function pathOf(text: string | undefined): string | undefined {
  if (text?.includes("\0") === true) throw refusal("a path has a NUL inside");
  return text;
}

function integerOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?[0-9]{1,19}$/.test(text)) throw refusal(`${JSON.stringify(text.slice(0, 32))} is no whole number`);
  return Number(text);
}

/** `SCHILY.xattr.<name>` has the value as it is; `LIBARCHIVE.xattr.<name>`, which yields to it, both parts encoded. */
function readXattrs(records: readonly PaxRecord[], limits: TarLimits): ReadonlyMap<string, Uint8Array> {
  const encoded = new Map<string, Uint8Array>();
  const plain = new Map<string, Uint8Array>();
  for (const { key, value } of records) {
    if (key.startsWith(schily)) plain.set(key.slice(schily.length), value);
    else if (key.startsWith(libarchive)) encoded.set(decodePercent(key.slice(libarchive.length)), decodeBase64(value));
  }
  const all = new Map([...encoded, ...plain]);
  for (const [name, value] of all) {
    if (name === "" || name.includes("\0")) throw refusal("an xattr has no proper name");
    if (value.byteLength > limits.xattrBytes)
      throw refusal(`xattr ${JSON.stringify(name)} has more than ${limits.xattrBytes} bytes`);
  }
  return all;
}

const schily = "SCHILY.xattr.";
const libarchive = "LIBARCHIVE.xattr.";

function decodePercent(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function decodeBase64(value: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.from(decodeLatin1(value), "base64"));
}

function readSparse(records: readonly PaxRecord[], text: Lookup): PaxSparse | undefined {
  const size = text("GNU.sparse.realsize") ?? text("GNU.sparse.size");
  const isSparse = size !== undefined || records.some(({ key }) => key.startsWith("GNU.sparse."));
  return isSparse ? { size: parseSparseNumber(size ?? ""), regions: readRegions(records, text) } : undefined;
}

function readRegions(records: readonly PaxRecord[], text: Lookup): PaxSparse["regions"] {
  const version = [text("GNU.sparse.major") ?? "0", text("GNU.sparse.minor") ?? "0"].join(".");
  if (version === "1.0") return "before-data";
  if (version !== "0.0" && version !== "0.1") throw refusal(`GNU.sparse version ${version.slice(0, 16)} is not known`);
  const list = text("GNU.sparse.map");
  return list === undefined ? readRepeated(records) : parseSparseList(list);
}

/** Version 0.0: the only records whose order and repetition count. */
function readRepeated(records: readonly PaxRecord[]): readonly SparseRegion[] {
  const parts = records.filter(({ key }) => key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes");
  const turns = ["GNU.sparse.offset", "GNU.sparse.numbytes"];
  if (parts.some(({ key }, index) => key !== turns[index % 2])) throw refusal("its sparse regions are out of order");
  return pair(parts.map(({ value }) => parseSparseNumber(decodeLatin1(value))));
}

function refusal(why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot read PAX header: ${why}`);
}
