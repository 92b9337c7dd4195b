import { randomBytes } from "node:crypto";
import { crc32, deflateRawSync, gzipSync, constants as zlib, zstdCompressSync } from "node:zlib";
import { StowageError } from "@stowage/errors";
import { startIsalInflater } from "@stowage/linux";
import { describe, expect, test } from "vitest";
import type { CompressedBytes } from "./arriving-file.ts";
import { type DecompressOptions, decompressed } from "./decompressed.ts";
import { inMemory } from "./layer-fixture.test.support.ts";

const hasIsal = startIsalInflater() !== undefined;
const inflaters = [
  { name: "libisal", inflate: undefined, isHere: hasIsal },
  { name: "zlib", inflate: "zlib", isHere: true },
] as const;

type Inflate = DecompressOptions["inflate"];

/** The plain bytes, or `refused`; any other failure is passed on. */
async function outcomeOf(packed: Uint8Array, inflate: Inflate, bytes = inMemory(packed)): Promise<Buffer | "refused"> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of decompressed(bytes, { size: packed.byteLength, inflate }))
      chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  } catch (error) {
    expect(error).toBeInstanceOf(StowageError);
    expect(error).toMatchObject({ code: "invalid-argument" });
    return "refused";
  }
}

/** A source that gives as much as it likes, and never more than `most` at once. */
function inPieces(packed: Uint8Array, most: number): CompressedBytes {
  const whole = inMemory(packed);
  return { ...whole, readNow: (into) => whole.readNow(into.subarray(0, most)) };
}

interface Header {
  /** FHCRC 2, FEXTRA 4, FNAME 8, FCOMMENT 16 */
  readonly flags: number;
  /** The fields that the flags announce, but for the checksum. */
  readonly fields: string;
}

/** A gzip member by hand (RFC 1952, 2.3). */
function member(plain: Buffer, { flags, fields }: Header, level = 6): Buffer {
  const header = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 255]),
    Buffer.from(fields, "latin1"),
  ]);
  const trailer = Buffer.alloc(10);
  trailer.writeUInt16LE(crc32(header) & 0xffff);
  trailer.writeUInt32LE(crc32(plain), 2);
  trailer.writeUInt32LE(plain.length, 6);
  const check = trailer.subarray(0, flags & 2);
  return Buffer.concat([header, check, deflateRawSync(plain, { level }), trailer.subarray(2)]);
}

const [one, two, three] = [Buffer.from("the first"), Buffer.alloc(3000, "second "), randomBytes(300)] as const;
const members = [gzipSync(one), member(two, { flags: 28, fields: "\x02\0abtwo\0of three\0" }), gzipSync(three)];
const row = Buffer.concat(members);
const ends = [0, 1, 2, 3].map((count) => Buffer.concat(members.slice(0, count)).length);

const exactly = (length: number): Buffer => Buffer.alloc(length, "0123456789abcdef!");

describe.for(inflaters)("gzip by $name", ({ inflate, isHere }) => {
  const when = test.skipIf(!isHere); // Debian has it in libisal2

  when.for<{ what: string; packed: Buffer; plain: Buffer }>([
    { what: "one member", packed: gzipSync(two), plain: two },
    { what: "members in a row", packed: row, plain: Buffer.concat([one, two, three]) },
    {
      what: "an empty member between others",
      packed: Buffer.concat([gzipSync(one), gzipSync(""), gzipSync(two)]),
      plain: Buffer.concat([one, two]),
    },
    { what: "nothing but empty members", packed: Buffer.concat([gzipSync(""), gzipSync("")]), plain: Buffer.alloc(0) },
    {
      what: "every optional field of a header",
      packed: member(one, { flags: 30, fields: "\0\0\xff\0\0" }),
      plain: one,
    },
    {
      what: "the longest extra field",
      packed: member(one, { flags: 4, fields: "\xff\xff".padEnd(65_537, "e") }),
      plain: one,
    },
    { what: "stored blocks", packed: member(three, { flags: 0, fields: "" }, 0), plain: three },
    { what: "fixed Huffman codes", packed: gzipSync(two, { strategy: zlib.Z_FIXED }), plain: two },
    {
      what: "flushes in the middle",
      packed: gzipSync(two, { finishFlush: zlib.Z_FINISH, memLevel: 1, windowBits: 9 }),
      plain: two,
    },
    ...[65_535, 65_536, 65_537, 131_072, 1_048_576, 4_000_000].map((length) => ({
      what: `${length} plain bytes`,
      packed: gzipSync(exactly(length)),
      plain: exactly(length),
    })),
    ...[1_048_575, 1_048_576, 1_048_577].map((length) => ({
      what: `${length} plain bytes that do not shrink`,
      packed: gzipSync(Buffer.concat([three, exactly(length)]).subarray(0, length), { level: 0 }),
      plain: Buffer.concat([three, exactly(length)]).subarray(0, length),
    })),
  ])("reads $what, in whatever pieces", async ({ packed, plain }) => {
    for (const most of [packed.length, 1000, ...(packed.length < 1000 ? [1] : [])]) {
      const outcome = await outcomeOf(packed, inflate, inPieces(packed, most));
      expect(outcome !== "refused" && outcome.equals(plain)).toBe(true);
    }
  });

  when("refuses members in a row that are cut off at whatever place, but between two", async () => {
    for (let length = 2; length < row.length; length += 1) {
      const whole = ends.indexOf(length);
      const expected = whole === -1 ? "refused" : Buffer.concat([one, two, three].slice(0, whole));
      expect(await outcomeOf(row.subarray(0, length), inflate), `cut after ${length} bytes`).toEqual(expected);
    }
  });

  when.for<{ what: string; packed: Buffer }>([
    { what: "a wrong checksum", packed: changed(gzipSync(two), -8) },
    { what: "a wrong checksum of a member in the middle", packed: changed(row, (ends[2] ?? 0) - 8) },
    { what: "a wrong length", packed: changed(gzipSync(two), -4) },
    { what: "a wrong checksum of nothing", packed: changed(gzipSync(""), -8) },
    { what: "a method that is not deflate", packed: changed(gzipSync(two), 2) },
    { what: "a block of the reserved kind", packed: Buffer.from("1f8b08000000000000030700000000000000000000", "hex") },
    { what: "a reserved flag", packed: changed(gzipSync(two), 3, 0x20) },
    { what: "a reserved flag of a member in the middle", packed: changed(row, (ends[1] ?? 0) + 3, 0x80) },
    { what: "a byte behind it", packed: Buffer.concat([row, Buffer.from([7])]) },
    { what: "zeros behind it", packed: Buffer.concat([row, Buffer.alloc(512)]) },
    { what: "a megabyte of garbage behind it", packed: Buffer.concat([row, randomBytes(1_000_000)]) },
    { what: "the magic of a member and no more behind it", packed: Buffer.concat([row, Buffer.from([0x1f, 0x8b])]) },
    { what: "the first byte of a member behind it", packed: Buffer.concat([row, Buffer.from([0x1f])]) },
    { what: "Zstandard behind it", packed: Buffer.concat([row, zstdCompressSync(two)]) },
    { what: "its magic and nothing else", packed: Buffer.from([0x1f, 0x8b]) },
  ])("refuses $what", async ({ packed }) => {
    expect(await outcomeOf(packed, inflate)).toBe("refused");
    expect(await outcomeOf(packed, inflate, inPieces(packed, 1000))).toBe("refused");
  });
});

test.skipIf(!hasIsal)(
  "both inflaters give the same for a row of members in which any bit is another (needs libisal2)",
  async () => {
    for (let bit = 16; bit < row.length * 8; bit += bit < 1000 ? 1 : 5) {
      const damaged = Buffer.from(row);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const [fast, slow] = [await outcomeOf(damaged, undefined), await outcomeOf(damaged, "zlib")];
      expect(fast, `bit ${bit & 7} of byte ${bit >> 3}`).toEqual(slow);
    }
  },
);

const frames = [zstdCompressSync(one), Buffer.from("502a4d18040000000badcafe", "hex"), zstdCompressSync(two)] as const;
const frameRow = Buffer.concat(frames);

// Up to three bytes of a further frame pass: Node takes them for a magic yet to come. The diff id decides then.
test("zstd: refuses frames in a row that are cut off at whatever place, but between two", async () => {
  const [first, second] = [frames[0].length, frames[0].length + frames[1].length];
  for (let length = 4; length <= frameRow.length; length += 1) {
    const isBehind = (border: number): boolean => length >= border && length < border + 4;
    const whole = isBehind(first) || isBehind(second) ? one : "refused";
    const expected = length === frameRow.length ? Buffer.concat([one, two]) : whole;
    expect(await outcomeOf(frameRow.subarray(0, length), undefined), `cut after ${length} bytes`).toEqual(expected);
  }
});

test.for([
  { what: "a byte behind its frames", packed: Buffer.concat([frameRow, Buffer.from([7])]) },
  { what: "zeros behind its frames", packed: Buffer.concat([frameRow, Buffer.alloc(512)]) },
  { what: "gzip behind its frames", packed: Buffer.concat([frameRow, gzipSync(two)]) },
  {
    what: "a wrong checksum",
    packed: changed(zstdCompressSync(two, { params: { [zlib.ZSTD_c_checksumFlag]: 1 } }), -1),
  },
])("zstd: refuses $what", async ({ packed }) => {
  for (const most of [packed.length, 1]) {
    expect(await outcomeOf(packed, undefined, inPieces(packed, most))).toBe("refused");
  }
});

function changed(bytes: Buffer, at: number, bits = 1): Buffer {
  const copy = Buffer.from(bytes);
  const place = at < 0 ? copy.length + at : at;
  copy[place] = (copy[place] ?? 0) ^ bits;
  return copy;
}
