import { StowageError } from "@stowage/errors";
import { blockSize, checksumOf } from "./header.ts";
import { encodeLatin1 } from "./latin1.ts";
import { encodeNumber } from "./number-field.ts";
import { encodePaxRecords, type PaxRecord } from "./pax-records.ts";
import { formatPaxTime } from "./pax-time.ts";
import type { TarEntry, TarKind } from "./tar-entry.ts";

/**
 * A member to write. What is left out is 0 or empty, and the mode 0o755 of a directory, 0o777 of a symlink and
 * 0o644 of anything else. `size` is that of `content`.
 */
export type TarFile = Partial<Omit<TarEntry, "size">> & {
  readonly kind: TarKind;
  readonly name: string;
  readonly content?: Uint8Array;
};

/**
 * Writes an archive: POSIX ustar, with PAX records for what that cannot say. Equal files give equal bytes.
 * Fails with `invalid-argument` for what no archive can say: a NUL in a name, a file whose name ends with a slash.
 */
export function* encodeTar(files: Iterable<TarFile>): Generator<Uint8Array, void, undefined> {
  for (const file of files) {
    verifyNames(file);
    const entry = complete(file);
    const content = file.content ?? new Uint8Array();
    yield* encodeExtension(entry);
    yield encodeHeader(entry, typeFlags[entry.kind]);
    if (entry.size > 0) yield* padded(content);
  }
  yield new Uint8Array(2 * blockSize);
}

function verifyNames({ kind, name, linkName = "", content }: TarFile): void {
  const refuse = (why: string): never => {
    throw new StowageError("invalid-argument", `Cannot write tar entry ${JSON.stringify(name)}: ${why}`);
  };
  if (`${name}${linkName}`.includes("\0")) refuse("it has a NUL in its name");
  if (kind === "file" && name.endsWith("/")) refuse("it is a file and its name ends with a slash");
  if (kind !== "file" && content !== undefined && content.byteLength > 0) refuse(`it is a ${kind} and has content`);
}

function complete({ content, ...file }: TarFile): TarEntry {
  return {
    linkName: "",
    mode: defaultModes[file.kind] ?? 0o644,
    uid: 0,
    gid: 0,
    mtime: 0n,
    deviceMajor: 0,
    deviceMinor: 0,
    xattrs: new Map(),
    ...file,
    size: content?.byteLength ?? 0,
  };
}

const defaultModes: Partial<Readonly<Record<TarKind, number>>> = { directory: 0o755, symlink: 0o777 };

const typeFlags: Readonly<Record<TarKind, string>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  character: "3",
  block: "4",
  directory: "5",
  fifo: "6",
};

/** The PAX header of an entry, if it needs one. */
function* encodeExtension(entry: TarEntry): Generator<Uint8Array, void, undefined> {
  const records = recordsOf(entry);
  if (records.length === 0) return;
  const body = encodePaxRecords(records);
  const header: TarEntry = { ...complete({ kind: "file", name: "PaxHeaders/entry" }), size: body.byteLength };
  yield encodeHeader(header, "x");
  yield* padded(body);
}

function recordsOf(entry: TarEntry): readonly PaxRecord[] {
  const { name, linkName, uid, gid, mtime, xattrs } = entry;
  const candidates = [
    { key: "gid", value: String(gid), needed: gid > maxOctalId },
    { key: "linkpath", value: linkName, needed: linkName.length > 100 || !isAscii(linkName) },
    { key: "mtime", value: formatPaxTime(mtime), needed: mtime % second !== 0n || !isOctalTime(mtime) },
    { key: "path", value: name, needed: splitName(name) === undefined || !isAscii(name) },
    { key: "uid", value: String(uid), needed: uid > maxOctalId },
  ];
  const records: PaxRecord[] = candidates
    .filter(({ needed }) => needed)
    .map(({ key, value }) => ({ key, value: encodeLatin1(value) }));
  const attributes = [...xattrs].map(([name, value]) => ({ key: `SCHILY.xattr.${name}`, value }));
  return [...records, ...attributes.toSorted((one, other) => (one.key < other.key ? -1 : 1))];
}

function encodeHeader(entry: TarEntry, typeFlag: string): Uint8Array {
  const block = new Uint8Array(blockSize);
  const { prefix, name } = splitName(entry.name) ?? { prefix: "", name: entry.name.slice(0, 100) };
  const put = (at: number, text: string): void => block.set(encodeLatin1(text), at);
  put(0, name);
  block.set(encodeNumber(entry.mode, 8), 100);
  block.set(encodeNumber(Math.min(entry.uid, maxOctalId), 8), 108);
  block.set(encodeNumber(Math.min(entry.gid, maxOctalId), 8), 116);
  block.set(encodeNumber(entry.size, 12), 124);
  block.set(encodeNumber(isOctalTime(entry.mtime) ? Number(entry.mtime / second) : 0, 12), 136);
  put(156, typeFlag);
  put(157, entry.linkName.slice(0, 100));
  put(257, "ustar\x0000");
  block.set(encodeNumber(entry.deviceMajor, 8), 329);
  block.set(encodeNumber(entry.deviceMinor, 8), 337);
  put(345, prefix);
  put(148, `${checksumOf(block).unsigned.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** A name as ustar's prefix and name, which a slash joins; `undefined` where it does not fit. */
function splitName(name: string): { readonly prefix: string; readonly name: string } | undefined {
  if (name.length <= 100) return { prefix: "", name };
  const slash = name.indexOf("/", name.length - 101);
  if (slash < 1 || slash > 155 || slash === name.length - 1) return undefined;
  return { prefix: name.slice(0, slash), name: name.slice(slash + 1) };
}

function* padded(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  yield bytes;
  const padding = (blockSize - (bytes.byteLength % blockSize)) % blockSize;
  if (padding > 0) yield new Uint8Array(padding);
}

function isOctalTime(mtime: bigint): boolean {
  return mtime >= 0n && mtime / second <= maxOctalTime;
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

const second = 1_000_000_000n;

/** What the seven octal digits of an id and the eleven of a time can say. */
const maxOctalId = 0o7777777;
const maxOctalTime = 0o77777777777n;
