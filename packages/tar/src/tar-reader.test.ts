import { StowageError } from "@stowage/errors";
import { array, assert, integer, nat, property, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { decodeTar } from "./decode-tar.ts";
import { encodeTar, type TarFile } from "./encode-tar.ts";
import { checksumOf } from "./header.ts";
import { TarReader, type TarSink } from "./tar-reader.ts";

interface Block {
  readonly name?: string;
  readonly type?: string;
  readonly size?: number | string;
  readonly magic?: string;
  /** Anything else, by offset. */
  readonly fields?: Readonly<Record<number, string>>;
  readonly signed?: boolean;
}

/** A header block by hand. */
function header({
  name = "f",
  type = "0",
  size = 0,
  magic = "ustar\x0000",
  fields = {},
  signed = false,
}: Block): Buffer {
  const block = Buffer.alloc(512);
  const sizeField = typeof size === "string" ? size : `${size.toString(8).padStart(11, "0")}\0`;
  const all = { 0: name, 100: "0000644\0", 124: sizeField, 156: type, 257: magic, ...fields };
  for (const [at, text] of Object.entries(all)) block.write(text, Number(at), "latin1");
  const sum = checksumOf(block)[signed ? "signed" : "unsigned"];
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** A header with a body in whole blocks. */
function member(block: Block, body: string): Buffer {
  const bytes = Buffer.from(body, "latin1");
  const padding = (512 - (bytes.length % 512)) % 512;
  return Buffer.concat([header({ size: bytes.length, ...block }), bytes, Buffer.alloc(padding)]);
}

function pax(...records: readonly string[]): Buffer {
  return member({ type: "x", name: "pax" }, records.join(""));
}

/** `key=value` as a PAX record. */
function recordOf(text: string): string {
  let length = text.length + 3;
  while (String(length).length + text.length + 2 !== length) length += 1;
  return `${length} ${text}\n`;
}

const end = Buffer.alloc(1024);
const long = "l".repeat(300);

test.for([
  { what: "a V7 file", blocks: [header({ magic: "", type: "\0" })], gives: { kind: "file", name: "f" } },
  {
    what: "a V7 directory",
    blocks: [header({ magic: "", type: "\0", name: "d/" })],
    gives: { kind: "directory", name: "d/" },
  },
  { what: "a contiguous file", blocks: [member({ type: "7" }, "abc")], gives: { kind: "file", size: 3 } },
  { what: "a ustar prefix", blocks: [header({ fields: { 345: "a/b" } })], gives: { name: "a/b/f" } },
  {
    what: "a star prefix",
    blocks: [header({ fields: { 345: "a/b", 476: "00000000000 ", 508: "tar\0" } })],
    gives: { name: "a/b/f" },
  },
  {
    what: "no prefix in a GNU header with times",
    blocks: [header({ magic: "ustar  \0", fields: { 345: "14000000000\0" } })],
    gives: { name: "f" },
  },
  {
    what: "the prefix of an old Go GNU header",
    blocks: [header({ magic: "ustar  \0", fields: { 345: "some/dir" } })],
    gives: { name: "some/dir/f" },
  },
  { what: "a signed checksum", blocks: [header({ name: "\xe9\xff", signed: true })], gives: { name: "\xe9\xff" } },
  { what: "a GNU long name", blocks: [member({ type: "L" }, `${long}\0`), header({})], gives: { name: long } },
  {
    what: "a GNU long link",
    blocks: [member({ type: "K" }, `${long}\0`), member({ type: "L" }, "n\0"), header({ type: "2" })],
    gives: { name: "n", linkName: long },
  },
  {
    what: "a PAX path that is not UTF-8",
    blocks: [pax(recordOf("path=\xff/\xe9")), header({})],
    gives: { name: "\xff/\xe9" },
  },
  {
    what: "the last of two PAX paths",
    blocks: [pax(recordOf("path=a"), recordOf("path=b")), header({})],
    gives: { name: "b" },
  },
  { what: "an empty PAX path as none", blocks: [pax("8 path=\n"), header({})], gives: { name: "f" } },
  {
    what: "the size in PAX",
    blocks: [pax(recordOf("size=3")), header({ size: "00000000000\0" }), Buffer.from("abc".padEnd(512, "\0"))],
    gives: { size: 3 },
  },
  {
    what: "owners and times in PAX",
    blocks: [pax(recordOf("uid=3000000000"), recordOf("gid=0"), recordOf("mtime=-1.25")), header({})],
    gives: { uid: 3e9, gid: 0, mtime: -1_250_000_000n },
  },
  {
    what: "a negative base-256 owner",
    blocks: [header({ fields: { 108: "\xff\xff\xff\xff\xff\xff\xff\xfe" } })],
    gives: { uid: 4294967294 },
  },
  {
    what: "a negative base-256 time",
    blocks: [header({ fields: { 136: "\xff".repeat(12) } })],
    gives: { mtime: -1_000_000_000n },
  },
  {
    what: "a binary xattr",
    blocks: [pax(recordOf("SCHILY.xattr.user.x=\x00\xff=\n")), header({})],
    gives: { xattrs: new Map([["user.x", new Uint8Array([0, 255, 61, 10])]]) },
  },
  {
    what: "a LIBARCHIVE xattr",
    blocks: [pax(recordOf("LIBARCHIVE.xattr.user.%25=AP8=")), header({})],
    gives: { xattrs: new Map([["user.%", new Uint8Array([0, 255])]]) },
  },
  {
    what: "nothing of a global header",
    blocks: [member({ type: "g" }, recordOf("path=evil")), header({})],
    gives: { name: "f" },
  },
  {
    what: "a hard link with a size as a mere header",
    blocks: [header({ type: "1", size: 512, fields: { 157: "t" } })],
    gives: { kind: "hardlink", linkName: "t", size: 0 },
  },
  {
    what: "a device",
    blocks: [header({ type: "4", fields: { 329: "0000010\0", 337: "0000020\0" } })],
    gives: { kind: "block", deviceMajor: 8, deviceMinor: 16 },
  },
  {
    what: "a V7 mode with the file type in it",
    blocks: [header({ magic: "", fields: { 100: "0104755\0" } })],
    gives: { mode: 0o4755 },
  },
])("reads $what", ({ blocks, gives }) => {
  expect(decodeTar(Buffer.concat([...blocks, end]))).toMatchObject([gives]);
});

const sparse = (...records: readonly string[]): Buffer => pax(...["GNU.sparse.major=0", ...records].map(recordOf));
const expanded = Buffer.concat([
  Buffer.alloc(4),
  Buffer.from("abc"),
  Buffer.alloc(3),
  Buffer.from("de"),
  Buffer.alloc(8),
]);

test.for([
  {
    form: "PAX 0.0",
    blocks: [
      sparse(
        "GNU.sparse.size=20",
        "GNU.sparse.numblocks=2",
        "GNU.sparse.offset=4",
        "GNU.sparse.numbytes=3",
        "GNU.sparse.offset=10",
        "GNU.sparse.numbytes=2",
      ),
      member({}, "abcde"),
    ],
  },
  {
    form: "PAX 0.1",
    blocks: [sparse("GNU.sparse.minor=1", "GNU.sparse.size=20", "GNU.sparse.map=4,3,10,2"), member({}, "abcde")],
  },
  {
    form: "PAX 1.0",
    blocks: [
      pax(...["GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=20", "GNU.sparse.name=f"].map(recordOf)),
      member({ name: "GNUSparseFile.1/f" }, `${"2\n4\n3\n10\n2\n".padEnd(512, "\0")}abcde`),
    ],
  },
  {
    form: "old GNU",
    blocks: [
      member(
        {
          type: "S",
          magic: "ustar  \0",
          fields: { 386: "00000000004\x0000000000003\x0000000000012\x0000000000002\0", 483: "00000000024\0" },
        },
        "abcde",
      ),
    ],
  },
])("puts the data of a $form sparse file in its places", ({ blocks }) => {
  expect(decodeTar(Buffer.concat([...blocks, end]))).toMatchObject([
    { name: "f", size: 20, content: new Uint8Array(expanded) },
  ]);
});

test.for([
  { what: "a wrong checksum", bytes: Buffer.alloc(512, "x") },
  { what: "a header cut off", bytes: header({}).subarray(0, 100) },
  { what: "content cut off", bytes: member({}, "abc").subarray(0, 514) },
  { what: "padding cut off", bytes: member({}, "abc").subarray(0, 1000) },
  { what: "the end between an extended header and its entry", bytes: Buffer.concat([pax(recordOf("path=a"))]) },
  { what: "zeros between an extended header and its entry", bytes: Buffer.concat([pax(recordOf("path=a")), end]) },
  { what: "one block of zeros in the middle", bytes: Buffer.concat([header({}), Buffer.alloc(512), header({}), end]) },
  { what: "an unknown type", bytes: Buffer.concat([header({ type: "V" }), end]) },
  { what: "a negative size", bytes: Buffer.concat([header({ size: "\xff".repeat(12) }), end]) },
  { what: "a NUL in a PAX path", bytes: Buffer.concat([pax(recordOf("path=a\0b")), header({}), end]) },
  { what: "an owner that means no change", bytes: Buffer.concat([pax(recordOf("uid=4294967295")), header({}), end]) },
  {
    what: "sparse regions that overlap",
    bytes: Buffer.concat([
      sparse("GNU.sparse.minor=1", "GNU.sparse.size=20", "GNU.sparse.map=4,3,6,2"),
      member({}, "abcde"),
      end,
    ]),
  },
  {
    what: "sparse regions behind the end",
    bytes: Buffer.concat([
      sparse("GNU.sparse.minor=1", "GNU.sparse.size=5", "GNU.sparse.map=4,5"),
      member({}, "abcde"),
      end,
    ]),
  },
  {
    what: "a sparse map of other data",
    bytes: Buffer.concat([
      sparse("GNU.sparse.minor=1", "GNU.sparse.size=20", "GNU.sparse.map=4,4"),
      member({}, "abcde"),
      end,
    ]),
  },
  {
    what: "an unknown sparse version",
    bytes: Buffer.concat([sparse("GNU.sparse.minor=7", "GNU.sparse.size=20"), member({}, "abcde"), end]),
  },
])("refuses $what", ({ bytes }) => {
  expect(() => decodeTar(bytes)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
});

/** Headers that claim to be huge fail before anything of their size is held. */
test.for([
  { what: "an 8 GiB PAX header", bytes: header({ type: "x", size: "77777777777\0" }), why: /8589934591 bytes/ },
  { what: "an 8 GiB long name", bytes: header({ type: "L", size: "77777777777\0" }), why: /8589934591 bytes/ },
  { what: "a million PAX records", bytes: pax("5 k=\n".repeat(200_000)), why: /records/ },
  {
    what: "a long path",
    bytes: Buffer.concat([pax(recordOf(`path=${"p".repeat(5000)}`)), header({})]),
    why: /4095 bytes/,
  },
  {
    what: "a huge xattr",
    bytes: Buffer.concat([pax(recordOf(`SCHILY.xattr.user.x=${"p".repeat(65537)}`)), header({})]),
    why: /65536 bytes/,
  },
  {
    what: "a huge sparse map",
    bytes: Buffer.concat([
      pax(...["GNU.sparse.major=1", "GNU.sparse.realsize=9"].map(recordOf)),
      member({}, "99999999\n".padEnd(512, "\0")),
    ]),
    why: /65536 regions/,
  },
  {
    what: "a sparse map without an end",
    bytes: Buffer.concat([
      pax(...["GNU.sparse.major=1", "GNU.sparse.realsize=9"].map(recordOf)),
      member({}, "1".repeat(4096)),
    ]),
    why: /too long/,
  },
])("CVE-2025-58183, CVE-2022-2879: refuses $what with little memory", ({ bytes, why }) => {
  expect(() => decodeTar(bytes)).toThrow(why);
});

test("takes no more entries than its limit", () => {
  const bytes = Buffer.concat([...encodeTar(Array.from({ length: 4 }, (): TarFile => ({ kind: "file", name: "f" })))]);
  expect(() => decodeTar(bytes, { entries: 3 })).toThrow(/more than 3 entries/);
  expect(decodeTar(bytes, { entries: 4 })).toHaveLength(4);
});

test("delivers nothing behind the end of the archive", () => {
  const hidden = Buffer.concat([header({ name: "seen" }), end, header({ name: "hidden" }), Buffer.from("garbage")]);
  expect(decodeTar(hidden).map((entry) => entry.name)).toEqual(["seen"]);
});

test.for([{ zeros: 0 }, { zeros: 512 }, { zeros: 1024 }])(
  "accepts an archive that ends with $zeros zeros",
  ({ zeros }) => {
    expect(decodeTar(Buffer.concat([header({}), Buffer.alloc(zeros)]))).toHaveLength(1);
  },
);

test("tells a sink of entries, data without a copy, and their ends, in order", () => {
  const archive = member({}, "abc");
  const told: string[] = [];
  const sink: TarSink = {
    entry: ({ name }) => void told.push(`entry ${name}`),
    data: (chunk) => void told.push(`data ${Buffer.from(chunk).toString()} ${chunk.buffer === archive.buffer}`),
    hole: (bytes) => void told.push(`hole ${bytes}`),
    endEntry: () => void told.push("end"),
  };
  const reader = new TarReader(sink);
  reader.push(archive);
  reader.end();
  expect(told).toEqual(["entry f", "data abc true", "end"]);
});

const sample = Buffer.concat([
  sparse("GNU.sparse.minor=1", "GNU.sparse.size=20", "GNU.sparse.map=4,3,10,2"),
  member({ name: "s" }, "abcde"),
  member({ type: "g" }, recordOf("path=evil")),
  member({ type: "L" }, `${long}\0`),
  ...encodeTar([
    { kind: "directory", name: "d/", mtime: 5n },
    { kind: "file", name: "d/f", content: Buffer.alloc(1500, "z"), xattrs: new Map([["user.x", Buffer.from([0, 1])]]) },
    { kind: "symlink", name: "d/s", linkName: "f" },
  ]),
]);

test("gives the same entries however the bytes are cut", () => {
  const whole = decodeTar(sample);
  assert(
    property(array(integer({ min: 1, max: 3000 }), { minLength: 1 }), (lengths) => {
      expect(readInPieces(lengths)).toEqual(
        whole.map(({ name, content }) => ({ name, content: Buffer.from(content).toString() })),
      );
    }),
  );
});

test("gives entries or a StowageError for any bytes", () => {
  const readable = (bytes: Uint8Array): void => {
    try {
      decodeTar(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(StowageError);
    }
  };
  assert(property(uint8Array({ maxLength: 3000 }), readable));
  const changes = array(integer({ min: 0, max: sample.length - 1 }), { minLength: 1, maxLength: 5 });
  assert(
    property(changes, nat(255), (places, value) => {
      const changed = Buffer.from(sample);
      for (const place of places) changed[place] = value;
      readable(changed);
    }),
    { numRuns: 1000 },
  );
});

function readInPieces(lengths: readonly number[]): readonly { name: string; content: string }[] {
  const seen: { name: string; content: string }[] = [];
  const append = (text: string): void => {
    const last = seen.at(-1);
    if (last !== undefined) last.content += text;
  };
  const reader = new TarReader({
    entry: ({ name }) => void seen.push({ name, content: "" }),
    data: (chunk) => append(Buffer.from(chunk).toString()),
    hole: (bytes) => append("\0".repeat(bytes)),
    endEntry: () => undefined,
  });
  for (let at = 0, turn = 0; at < sample.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    reader.push(sample.subarray(at, at + length));
    at += length;
  }
  reader.end();
  return seen;
}
