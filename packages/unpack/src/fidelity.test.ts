import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type FileStatus, findXattr, listXattrs, readLinkAt, statAt, workingDirectory } from "@stowage/linux";
import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { fidelityCases } from "./fidelity-cases.test.fixture.ts";
import { layerOf, needsRoot, scratch } from "./layer-fixture.test.support.ts";
import { createUnpacker } from "./unpacker.ts";

/** Each way in which the bytes may come, and by which they are inflated. */
const ways = [
  { name: "plain", pack: (tar: Buffer) => tar, inflate: undefined },
  { name: "gzip", pack: (tar: Buffer) => gzipSync(tar, { level: 1 }), inflate: undefined },
  { name: "gzip without libisal", pack: (tar: Buffer) => gzipSync(tar, { level: 1 }), inflate: "zlib" },
  { name: "zstd", pack: (tar: Buffer) => zstdCompressSync(tar), inflate: undefined },
] as const;

const unpackers = {
  fastest: createUnpacker(),
  zlib: createUnpacker({ inflate: "zlib" }),
};

test.skipIf(needsRoot).for(fidelityCases)("keeps $name (needs root)", async ({ write }) => {
  const { path, layer } = scratch();
  const tar = write(path);
  const expected = [...describe(join(path, "tree"))];
  expect(expected.length).toBeGreaterThan(1);
  for (const { name, pack, inflate } of ways) {
    const directory = join(layer, name);
    mkdirSync(directory);
    await unpackers[inflate ?? "fastest"].unpack(layerOf(tar, pack(tar)), directory);
    expect([...describe(directory)], name).toEqual(expected);
  }
});

/** A line for each file: all that a layer can say of it, and how much of it is holes, to the next 256 KiB. */
function* describe(
  root: string,
  at: Buffer = Buffer.from(root),
  seen = new Map<bigint, string>(),
): Generator<string, void, undefined> {
  const path = at.toString("latin1").slice(root.length);
  const status = statAt(workingDirectory, at);
  const { kind, mode, uid, gid, mtime, inode } = status;
  const first = kind === "directory" ? undefined : seen.get(inode);
  seen.set(inode, first ?? path);
  const xattrs = listXattrs(at).map((name) => `${name.toString("latin1")}=${findXattr(at, name)?.toString("hex")}`);
  yield [path, kind, mode.toString(8), uid, gid, mtime, saysOf(at, status), first ?? "", ...xattrs.toSorted()].join(
    " ",
  );
  if (kind !== "directory") return;
  const names = readdirSync(at, { encoding: "buffer" }).toSorted((one, another) => Buffer.compare(one, another));
  for (const name of names) yield* describe(root, Buffer.concat([at, Buffer.from("/"), name]), seen);
}

function saysOf(at: Buffer, { kind, size, blocks, deviceMajor, deviceMinor }: FileStatus): string {
  if (kind === "symlink") return `-> ${readLinkAt(workingDirectory, at).toString("latin1")}`;
  if (kind === "character" || kind === "block") return `${deviceMajor}:${deviceMinor}`;
  if (kind !== "file") return "";
  const grain = 256 * 1024;
  return `${size} bytes, ${Math.ceil((blocks * 512) / grain)} grains, ${digestOf(readFileSync(at))}`;
}
