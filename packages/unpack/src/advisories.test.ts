import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { digestOf } from "@stowage/oci";
import type { LayerSource } from "@stowage/snapshots";
import type { TarFile } from "@stowage/tar";
import { beforeEach, expect, test } from "vitest";
import {
  archiveOf,
  arriving,
  describeTree,
  type GuardedScratch,
  guardedScratch,
  layerOf,
  needsRoot,
  unpacker,
  unpackFiles,
} from "./layer-fixture.test.support.ts";
import { createUnpacker } from "./unpacker.ts";

let scratch: GuardedScratch;

beforeEach(() => {
  scratch = guardedScratch("secret");
  mkdirSync(join(scratch.path, "layer-evil"));
});

const file = (name: string): TarFile => ({ kind: "file", name, content: Buffer.from("owned"), mode: 0o6777 });
const link = (name: string, linkName: string): TarFile => ({ kind: "symlink", name, linkName });
const hard = (name: string, linkName: string): TarFile => ({ kind: "hardlink", name, linkName });
const dir = (name: string): TarFile => ({ kind: "directory", name });

test.skipIf(needsRoot).for<{ id: string; what: string; files: (outside: string) => readonly TarFile[] }>([
  {
    id: "CVE-2026-23745",
    what: "an absolute target of a hard link, and a write through it",
    files: (out) => [hard("h", `${out}/secret`), file("h"), link("l", `${out}/secret`), file("l")],
  },
  {
    id: "CVE-2026-24842",
    what: "a target that is checked at one place and taken from another",
    files: () => [
      dir("a/b"),
      hard("a/b/h", "../../outside/secret"),
      hard("a/b/i", "a/../../outside/secret"),
      file("a/b/h"),
    ],
  },
  {
    id: "CVE-2026-26960",
    what: "a hard link through a chain of symlinks that leaves in two steps",
    files: () => [
      dir("a/b/c"),
      link("a/b/c/up", "../.."),
      link("a/b/escape", "c/up/../.."),
      hard("exfiltrated", "a/b/escape/outside/secret"),
      file("exfiltrated"),
    ],
  },
  {
    id: "CVE-2025-48387",
    what: "a hard link through a symlink to the parent",
    files: () => [link("up", ".."), hard("h", "up/outside/secret"), file("h"), file("up/outside/secret")],
  },
  {
    id: "CVE-2025-59343",
    what: "a symlink into a directory whose name begins like the layer's",
    files: () => [link("l", "../layer-evil"), file("l/planted"), hard("h", "l/planted")],
  },
])("$id: $what (needs root)", async ({ files }) => {
  await unpackFiles(files(scratch.outside), scratch.layer).catch((error: unknown) =>
    expect(error).toMatchObject({ code: "invalid-argument" }),
  );
  expect(describeTree(scratch.outside)).toEqual(scratch.untouched);
  expect(readdirSync(join(scratch.path, "layer-evil"))).toEqual([]);
  for (const path of Object.keys(describeTree(scratch.layer))) {
    const at = join(scratch.layer, path);
    if (lstatSync(at).isFile()) expect(readFileSync(at, "utf8")).not.toBe("secret");
  }
});

const mebi = 1024 * 1024;
const small = archiveOf([{ kind: "file", name: "f", content: Buffer.from("text") }]);

/** The bytes at the head of an archive, endlessly followed by others. */
function endless(head: Uint8Array, chunk: Uint8Array, told: { bytes: number }): LayerSource {
  async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
    yield head;
    for (;;) {
      told.bytes += chunk.byteLength;
      yield chunk;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  return { diffId: digestOf(head), open: async () => arriving(source(), 2 ** 40) };
}

/** A header with a size that only base-256 can say; the checksum counts itself as spaces. */
function hugeHeader(type: string, size: bigint, name = "f"): Buffer {
  const block = Buffer.from(small.subarray(0, 512));
  block.fill(0, 0, 100).write(name);
  block[124] = 0x80;
  block.fill(0, 125, 136).writeBigUInt64BE(size, 128);
  block.write(type, 156);
  block.fill(0x20, 148, 156);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0`,
    148,
  );
  return block;
}

const records = Buffer.from("5 k=\n".repeat(200_000));

test.for([
  {
    id: "CVE-2022-2879",
    what: "a PAX header of 8 GiB",
    head: hugeHeader("x", 2n ** 33n),
    rest: Buffer.alloc(mebi, "a"),
  },
  {
    id: "CVE-2022-2879",
    what: "a long name of 8 GiB",
    head: hugeHeader("L", 2n ** 33n),
    rest: Buffer.alloc(mebi, "a"),
  },
  {
    id: "CVE-2022-2879",
    what: "a million PAX records",
    head: Buffer.concat([hugeHeader("x", 1_000_000n), records]),
    rest: Buffer.alloc(512),
  },
  {
    id: "CVE-2025-58183",
    what: "a sparse map of a hundred million regions",
    head: Buffer.concat([
      paxOf("GNU.sparse.major=1", "GNU.sparse.realsize=9"),
      hugeHeader("0", 2n ** 33n),
      Buffer.from("100000000\n".padEnd(512, "1")),
    ]),
    rest: Buffer.from("1\n".repeat(256 * 1024)),
  },
  {
    id: "CVE-2025-58183",
    what: "a sparse map that does not end",
    head: Buffer.concat([
      paxOf("GNU.sparse.major=1", "GNU.sparse.realsize=9"),
      hugeHeader("0", 2n ** 33n),
      Buffer.alloc(512, "1"),
    ]),
    rest: Buffer.alloc(mebi, "1"),
  },
])("$id: refuses $what having read and kept little", async ({ head, rest }) => {
  await unpacker.unpack(layerOf(small), scratch.layer).catch(() => undefined); // so that the thread is there
  const told = { bytes: 0 };
  const grown = await growthOf(async () => {
    const unpacking = unpacker.unpack(endless(head, rest, told), scratch.layer);
    await expect(unpacking).rejects.toMatchObject({ code: "invalid-argument" });
  });
  expect(told.bytes).toBeLessThan(64 * mebi);
  expect(grown).toBeLessThan(96 * mebi);
});

function paxOf(...texts: readonly string[]): Buffer {
  const body = Buffer.from(texts.map((text) => `${text.length + 4} ${text}\n`).join(""));
  return Buffer.concat([hugeHeader("x", BigInt(body.length)), body, Buffer.alloc(512 - body.length)]);
}

const zeros = Buffer.alloc(64 * mebi);
const bombs = {
  zstd: Buffer.concat([zstdCompressSync(small), ...Array.from({ length: 40 }, () => zstdCompressSync(zeros))]),
  gzip: Buffer.concat([gzipSync(small), ...Array.from({ length: 8 }, () => gzipSync(zeros))]),
};

test("CVE-2017-14992: zstd that becomes ten thousand times as much is refused at 1 GiB, in little memory", async () => {
  const grown = await growthOf(async () => {
    await expect(unpacker.unpack(layerOf(small, bombs.zstd), scratch.layer)).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("it grows more than 2000 times"),
    });
  });
  expect(bombs.zstd.length).toBeLessThan(mebi);
  expect(grown).toBeLessThan(96 * mebi);
});

test.skipIf(needsRoot).for([
  { what: "gzip", inflate: undefined },
  { what: "gzip without libisal", inflate: "zlib" },
] as const)(
  "CVE-2017-14992: a file in $what stops at the limit, and takes no more of the disk (needs root)",
  async ({ inflate }) => {
    await using strict = createUnpacker({ limits: { bytes: 32 * mebi }, inflate });
    const bomb = Buffer.concat([
      gzipSync(hugeHeader("0", 30n * BigInt(mebi))),
      bombs.gzip.subarray(gzipSync(small).length),
    ]);
    await expect(strict.unpack(layerOf(small, bomb), scratch.layer)).rejects.toMatchObject({
      code: "invalid-argument",
    });
    const taken = lstatSync(join(scratch.layer, "f")).blocks * 512;
    expect(taken).toBeLessThanOrEqual(33 * mebi);
  },
);

test.skipIf(needsRoot)(
  "CVE-2017-14992: a file that says that it is larger than the limit never begins (needs root)",
  async () => {
    const archive = Buffer.concat([hugeHeader("0", 2n ** 39n), zeros]);
    await expect(unpacker.unpack(layerOf(archive), scratch.layer)).rejects.toMatchObject({ code: "invalid-argument" });
    expect(existsSync(join(scratch.layer, "f"))).toBe(false);
  },
);

const skippable = Buffer.from("502a4d1800000000", "hex");

test.skipIf(needsRoot).for([
  { what: "zstd frames", tiny: Buffer.concat([zstdCompressSync(""), skippable]) },
  { what: "gzip members", tiny: gzipSync("") },
])(
  "CVE-2017-14992: a hundred thousand $what of nothing cost some time and no memory (needs root)",
  async ({ tiny }) => {
    const compress = tiny[0] === 0x1f ? gzipSync : zstdCompressSync;
    const packed = Buffer.concat([...Array.from({ length: 100_000 }, () => tiny), compress(small)]);
    const grown = await growthOf(async () => void (await unpacker.unpack(layerOf(small, packed), scratch.layer)));
    expect(readFileSync(join(scratch.layer, "f"), "utf8")).toBe("text");
    expect(grown).toBeLessThan(96 * mebi);
  },
);

/** Magic numbers where mkfs puts them. */
test.for([
  { what: "EROFS", at: 1024, magic: "e2e1f5e0" },
  { what: "EROFS in gzip", at: 1024, magic: "e2e1f5e0", pack: gzipSync },
  { what: "squashfs", at: 0, magic: "68737173" },
  { what: "ext4", at: 1080, magic: "53ef" },
])("STORE-006: refuses a file system as a layer: $what", async ({ at, magic, pack = (bytes: Buffer) => bytes }) => {
  const image = Buffer.alloc(mebi);
  image.write(magic, at, "hex"); // what is before is zeros, as the end of an archive is
  const source = layerOf(image, pack(image));
  await expect(unpacker.unpack(source, scratch.layer)).rejects.toMatchObject({ code: "invalid-argument" });
  expect(readdirSync(scratch.layer)).toEqual([]);
});

/** By how many bytes the process was at its largest larger than before (proc_pid_clear_refs(5)). */
async function growthOf(work: () => Promise<void>): Promise<number> {
  globalThis.gc?.();
  writeFileSync("/proc/self/clear_refs", "5");
  const start = process.memoryUsage.rss();
  await work();
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return Number(peak) * 1024 - start;
}
