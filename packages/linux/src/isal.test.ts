import { randomBytes } from "node:crypto";
import { existsSync, globSync } from "node:fs";
import { constants, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type GzipInflater, startIsalInflater } from "./isal.ts";

const isInstalled = globSync("/usr/lib/*/libisal.so.2").some((path) => existsSync(path));
const withIsal = test.skipIf(!isInstalled);

function start(): GzipInflater {
  const inflater = startIsalInflater();
  if (inflater === undefined) throw new Error("libisal is installed and does not work");
  return inflater;
}

/** The plain bytes of all members, fed and taken in pieces of these sizes. */
async function inflate(packed: Uint8Array, sizes: { readonly input: number; readonly output: number }) {
  const inflater = start();
  const parts: Uint8Array[] = [];
  let isEnd = false;
  for (let at = 0; at < packed.byteLength; ) {
    if (isEnd) inflater.reset();
    const output = new Uint8Array(sizes.output);
    const done = await inflater.run(packed.subarray(at, at + sizes.input), output);
    parts.push(output.subarray(0, done.written));
    at += done.read;
    isEnd = done.isEnd;
  }
  return { plain: Buffer.concat(parts), isEnd };
}

const plain = Buffer.concat([randomBytes(70_000), Buffer.alloc(200_000, "stowage "), randomBytes(1000)]);
const members = [plain.subarray(0, 1), plain.subarray(1, 100_000), plain.subarray(100_000)];

withIsal.for([
  { input: 1, output: 4096 },
  { input: 7, output: 100_000 },
  { input: 4096, output: 3 },
  { input: 1_000_000, output: 1_000_000 },
])("inflates members in a row, $input bytes in and $output out", async (sizes) => {
  const packed = Buffer.concat(members.map((member) => gzipSync(member)));
  expect(await inflate(packed, sizes)).toEqual({ plain, isEnd: true });
});

withIsal.for([
  { what: "stored", options: { level: 0 } },
  { what: "of fixed codes", options: { strategy: constants.Z_FIXED } },
  { what: "of the best compression", options: { level: 9, memLevel: 9 } },
])("inflates blocks $what", async ({ options }) => {
  expect(await inflate(gzipSync(plain, options), { input: 65_536, output: 65_536 })).toEqual({ plain, isEnd: true });
});

withIsal("says of bytes that are cut off that they did not come to an end", async () => {
  const packed = gzipSync(plain).subarray(0, -4);
  expect((await inflate(packed, { input: 65_536, output: 65_536 })).isEnd).toBe(false);
});

withIsal.for([
  { what: "no gzip at all", spoil: () => Buffer.from("this is no gzip, it is a sentence") },
  { what: "a wrong checksum", spoil: (packed: Buffer) => flip(packed, packed.length - 6) },
  { what: "a wrong length", spoil: (packed: Buffer) => flip(packed, packed.length - 2) },
  { what: "a block of no known type", spoil: (packed: Buffer) => flip(packed, 10, 0b110) },
])("refuses $what", async ({ spoil }) => {
  const spoilt = spoil(gzipSync(Buffer.from("some plain text")));
  await expect(inflate(spoilt, { input: 65_536, output: 65_536 })).rejects.toMatchObject({ code: "ISAL_DATA" });
});

function flip(packed: Buffer, at: number, bits = 1): Buffer {
  packed[at] = (packed[at] ?? 0) ^ bits;
  return packed;
}
