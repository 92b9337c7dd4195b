import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { digestOf } from "@stowage/oci";
import type { TarFile } from "@stowage/tar";
import { expect, onTestFinished, test } from "vitest";
import {
  archiveOf,
  arriving,
  describeTree,
  layerOf,
  needsRoot,
  scratch,
  unpacker,
} from "./layer-fixture.test.support.ts";
import { unpackLimits } from "./limits.ts";
import { UnpackThread } from "./unpack-thread.ts";
import { createUnpacker } from "./unpacker.ts";

const content = Buffer.concat([randomBytes(700_000), Buffer.alloc(3_000_000, "abc")]);
const plain = archiveOf([{ kind: "file", name: "f", content }]);
const skippable = Buffer.from("502a4d18040000000badcafe", "hex");
const half = plain.length >> 1;

test.skipIf(needsRoot).for([
  { what: "plain tar", packed: plain },
  { what: "gzip", packed: gzipSync(plain) },
  {
    what: "gzip of two members",
    packed: Buffer.concat([gzipSync(plain.subarray(0, half)), gzipSync(plain.subarray(half))]),
  },
  { what: "zstd", packed: zstdCompressSync(plain) },
  {
    what: "zstd of two frames with skippable ones",
    packed: Buffer.concat([
      skippable,
      zstdCompressSync(plain.subarray(0, half)),
      skippable,
      zstdCompressSync(plain.subarray(half)),
      skippable,
    ]),
  },
])("UNP-15: unpacks $what, told by its first bytes (needs root)", async ({ packed }) => {
  const { layer } = scratch();
  const seen: number[] = [];
  const onProgress = (bytes: number) => void seen.push(bytes);
  expect(await unpacker.unpack(layerOf(plain, packed), layer, { onProgress })).toMatchObject({ tarSize: plain.length });
  expect(readFileSync(join(layer, "f")).equals(content)).toBe(true);
  expect(seen.at(-1)).toBe(packed.length);
});

test.skipIf(needsRoot)(
  "UNP-15: counts bytes behind the end of the tar to the diff id, and unpacks an empty layer (needs root)",
  async () => {
    const { layer } = scratch();
    const trailed = Buffer.concat([plain, Buffer.from("and more")]);
    expect(await unpacker.unpack(layerOf(trailed, gzipSync(trailed)), layer)).toMatchObject({
      tarSize: trailed.length,
    });
    for (const empty of [Buffer.alloc(1024), Buffer.alloc(0)]) {
      expect(await unpacker.unpack(layerOf(empty), layer)).toMatchObject({ tarSize: empty.length, inodes: 1 });
    }
  },
);

test.skipIf(needsRoot)("verifies a sha512 diff id (needs root)", async () => {
  const { layer } = scratch();
  const diffId = digestOf(plain, "sha512");
  expect(await unpacker.unpack({ ...layerOf(plain), diffId }, layer)).toMatchObject({ inodes: 2 });
});

test.for([
  { what: "cut off gzip", packed: gzipSync(plain).subarray(0, -10) },
  { what: "cut off zstd", packed: zstdCompressSync(plain).subarray(0, -10) },
  { what: "gzip with garbage behind it", packed: Buffer.concat([gzipSync(plain), Buffer.from("garbage")]) },
  { what: "gzip with zeros behind it", packed: Buffer.concat([gzipSync(plain), Buffer.alloc(300_000)]) },
  { what: "zstd with garbage behind it", packed: Buffer.concat([zstdCompressSync(plain), Buffer.alloc(300_000, "g")]) },
  { what: "a damaged gzip", packed: Buffer.from(gzipSync(plain)).fill(0x55, 5000, 5010) },
  { what: "xz", packed: execFileSync("xz", ["--stdout"], { input: plain }) },
  { what: "a zstd window of 2 GiB", packed: Buffer.from("28b52ffd00a8010000", "hex") },
  { what: "no tar", packed: Buffer.alloc(2048, "x") },
])("UNP-16, UNP-17: refuses $what", async ({ packed }) => {
  const { layer } = scratch();
  await expect(unpacker.unpack(layerOf(plain, packed), layer)).rejects.toMatchObject({
    code: "invalid-argument",
  });
});

test.skipIf(needsRoot)("UNP-19: fails where the plain tar is not the diff id (needs root)", async () => {
  const { layer } = scratch();
  const source = { ...layerOf(plain), diffId: digestOf("other") };
  await expect(unpacker.unpack(source, layer)).rejects.toMatchObject({ code: "failed-precondition" });
});

const deep = `${"d/".repeat(600)}f`;

test.skipIf(needsRoot).for([
  { what: "too many plain bytes", limits: { bytes: 1_000_000 }, files: [{ kind: "file", name: "f", content }] },
  {
    what: "CVE-2017-14992, an expansion beyond all data",
    limits: { expansionFloor: 1_000_000, expansion: 100 },
    files: [{ kind: "file", name: "f", content: Buffer.alloc(50_000_000) }],
  },
  {
    what: "too many entries",
    limits: { entries: 2 },
    files: ["a", "b", "c"].map((name) => ({ kind: "file", name }) as const),
  },
  { what: "a path too deep", limits: {}, files: [{ kind: "file", name: deep }] },
  { what: "a name too long", limits: {}, files: [{ kind: "file", name: "n".repeat(256) }] },
] as const)("UNP-17: refuses $what (needs root)", async ({ limits, files }) => {
  const { layer } = scratch();
  const archive = archiveOf(files);
  await using strict = createUnpacker({ limits });
  const unpacking = strict.unpack(layerOf(archive, gzipSync(archive)), layer);
  await expect(unpacking).rejects.toMatchObject({ code: "invalid-argument" });
});

test.skipIf(needsRoot)("UNP-17: limits what sparse files read as, which no disk does (needs root)", async () => {
  const { layer, path } = scratch();
  execFileSync("sh", ["-c", "truncate -s 1T s && tar -S -cf t.tar s"], { cwd: path });
  const source = layerOf(readFileSync(join(path, "t.tar")));
  await expect(unpacker.unpack(source, layer)).rejects.toMatchObject({ code: "invalid-argument" });
  expect(unpackLimits.bytes).toBeLessThan(1024 ** 4);
});

test("stops with the reason of the signal, before and in the middle", async () => {
  const { layer } = scratch();
  const reason = new Error("enough");
  await expect(unpacker.unpack(layerOf(plain), layer, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      yield Buffer.alloc(300_000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  const source = { ...layerOf(plain), open: async () => arriving(endless(), 2 ** 40) };
  setTimeout(() => controller.abort(reason), 100);
  await expect(unpacker.unpack(source, layer, { signal: controller.signal })).rejects.toBe(reason);
});

test("stops with the reason of the signal when that comes while the file is opened", async () => {
  const { layer } = scratch();
  const controller = new AbortController();
  const reason = new Error("enough");
  const source = layerOf(plain);
  const open = async () => {
    controller.abort(reason);
    return await source.open();
  };
  await expect(unpacker.unpack({ ...source, open }, layer, { signal: controller.signal })).rejects.toBe(reason);
});

test("tells who listens to a thread that is gone already", async () => {
  const thread = new UnpackThread();
  await thread.cutOff();
  const lost: unknown[] = [];
  thread.listen({ heard: () => undefined, lost: (reason) => lost.push(reason) });
  expect(lost).toHaveLength(1);
});

test("stops while the source hangs", async () => {
  const { layer } = scratch();
  async function* hanging(): AsyncGenerator<Uint8Array, void, undefined> {
    yield plain.subarray(0, 700);
    await new Promise(() => undefined);
  }
  const controller = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 100);
  const source = { ...layerOf(plain), open: async () => arriving(hanging(), plain.length) };
  await expect(unpacker.unpack(source, layer, { signal: controller.signal })).rejects.toBe(reason);
});

// Each entry walks a hundred thousand names, so that the thread has minutes of work in the first block.
test("ends a thread that does not come to its stop", async () => {
  const { layer } = scratch();
  const winding = "d/../".repeat(800);
  const links = Array.from(
    { length: 79 },
    (_, at): TarFile => ({
      kind: "symlink",
      name: `${at}`,
      linkName: `${winding}${at + 1}`,
    }),
  );
  const files = Array.from({ length: 10_000 }, (): TarFile => ({ kind: "file", name: "0/f" }));
  const archive = archiveOf([{ kind: "directory", name: "d" }, ...links, ...files]);
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 500);
  await expect(unpacker.unpack(layerOf(archive), layer, { signal: controller.signal })).rejects.toBe(reason);
});

test("passes a failure of the source on, untouched", async () => {
  const { layer } = scratch();
  const failure = new Error("the network is gone");
  async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
    yield plain.subarray(0, 1000);
    throw failure;
  }
  await expect(
    unpacker.unpack({ ...layerOf(plain), open: async () => arriving(failing(), plain.length) }, layer),
  ).rejects.toBe(failure);
});

test("tells a missing directory with the code of the system", async () => {
  const { path } = scratch();
  await expect(unpacker.unpack(layerOf(plain), join(path, "absent"))).rejects.toMatchObject({
    code: "ENOENT",
    syscall: "open",
  });
});

test.skipIf(needsRoot)("says that the disk is full when it is (needs root)", async () => {
  const { layer } = scratch();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", layer]);
  onTestFinished(() => void execFileSync("umount", [layer]));
  await expect(unpacker.unpack(layerOf(plain), layer)).rejects.toMatchObject({ code: "resource-exhausted" });
});

test.skipIf(needsRoot).for(["gnu", "pax"])(
  "UNP-20: gives what GNU tar gives for a tree of everything, from its %s format (needs root)",
  async (format) => {
    const { layer, path } = scratch();
    mkdirSync(join(path, "tree/dir/deep"), { recursive: true });
    writeFileSync(join(path, "tree/big"), randomBytes(3_000_000));
    const script = `
    cd tree && echo text > dir/text && ln dir/text hard && ln -s dir/text soft && ln -s /nowhere dangling && ln soft hard-soft
    mkfifo pipe && mknod null c 1 3 && mknod loop b 7 0 && chmod 4755 dir/text && chmod 1777 dir && chmod 2750 dir/deep
    chown 1000:2000 dir/deep && chown 3000000:70000 big && chown -h 5:6 soft && touch -h -d '2001-02-03 04:05:06.789' soft pipe
    mkdir "$(printf 'n%.0s' $(seq 200))" && touch "$(printf 'n%.0s' $(seq 200))/$(printf 'm%.0s' $(seq 200))" && touch 'ünï code'
    truncate -s 5M sparse && printf end >> sparse && setfattr -n user.note -v hello dir/text && setfattr -n trusted.note -v 0x00ff dir
    touch -d '1969-01-01' old && touch -d '2010-10-10 10:10:10.123456789' dir dir/deep dir/text
  `;
    execFileSync("sh", ["-ec", script], { cwd: path });
    const archive = join(path, "tree.tar");
    const xattrs = ["--xattrs", "--xattrs-include=*", "--numeric-owner"];
    execFileSync(
      "tar",
      [
        "--create",
        "--sparse",
        `--format=${format}`,
        ...(format === "pax" ? xattrs : []),
        `--file=${archive}`,
        "--directory=tree",
        ".",
      ],
      { cwd: path },
    );
    mkdirSync(join(path, "theirs"));
    execFileSync(
      "tar",
      ["--extract", "--same-owner", "--same-permissions", ...xattrs, `--file=${archive}`, "--directory=theirs"],
      { cwd: path },
    );
    const bytes = readFileSync(archive);
    await unpacker.unpack(layerOf(bytes, gzipSync(bytes)), layer);
    expect(describeTree(layer)).toEqual(describeTree(join(path, "theirs")));
    expect(
      createHash("sha256")
        .update(readFileSync(join(layer, "sparse")))
        .digest("hex"),
    ).toHaveLength(64);
  },
);
