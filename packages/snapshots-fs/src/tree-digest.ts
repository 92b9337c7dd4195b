import { createHash, type Hash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { AbortOptions } from "@stowage/errors";
import { findXattr, listXattrs } from "@stowage/linux";

/** What a tree of files has come to: change any byte, name, owner, mode, time or attribute, and the digest is another. */
export interface TreeDigest {
  /** In hex. */
  readonly digest: string;
  readonly inodes: number;
}

export interface TreeDigestOptions extends AbortOptions {
  readonly pace?: ((bytes: number) => Promise<void>) | undefined;
}

/** Reads a whole tree. Names are bytes; what is read is let others go first for with `pace`. */
export async function digestTree(root: string, options: TreeDigestOptions = {}): Promise<TreeDigest> {
  const walk = { hash: createHash("sha256"), inodes: new Set<bigint>(), options };
  await addEntry(walk, Buffer.from(root), "");
  return { digest: walk.hash.digest("hex"), inodes: walk.inodes.size };
}

interface Walk {
  readonly hash: Hash;
  readonly inodes: Set<bigint>;
  readonly options: TreeDigestOptions;
}

async function addEntry(walk: Walk, path: Buffer, name: string): Promise<void> {
  const { signal, pace } = walk.options;
  signal?.throwIfAborted();
  const status = await lstat(path, { bigint: true });
  const isKnown = walk.inodes.has(status.ino);
  walk.inodes.add(status.ino);
  const { mode, uid, gid, rdev, mtimeNs } = status;
  const content = isKnown ? "linked" : await contentOf(walk, path, status);
  const size = status.isDirectory() ? 0n : status.size;
  const words = [name, mode, uid, gid, rdev, mtimeNs, size, content, ...(isKnown ? [] : attributesOf(path))];
  walk.hash.update(`${JSON.stringify(words.map(String))}\n`);
  await pace?.(metadataBytes);
  if (status.isDirectory()) await addChildren(walk, path, name);
}

async function addChildren(walk: Walk, path: Buffer, name: string): Promise<void> {
  const children = await readdir(path, { encoding: "buffer" });
  for (const child of children.toSorted((one, other) => Buffer.compare(one, other))) {
    await addEntry(walk, Buffer.concat([path, slash, child]), `${name}/${child.toString("latin1")}`);
  }
}

async function contentOf(walk: Walk, path: Buffer, status: BigIntStats): Promise<string> {
  if (status.isSymbolicLink()) return (await readlink(path, { encoding: "buffer" })).toString("latin1");
  return status.isFile() ? String(await checksumOf(walk, path)) : "";
}

async function checksumOf({ options }: Walk, path: Buffer): Promise<number> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const block = new Uint8Array(Math.min(blockBytes, (await file.stat()).size + 1));
  let sum = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    const { bytesRead } = await file.read(block, 0, block.byteLength);
    if (bytesRead === 0) return sum;
    sum = crc32(block.subarray(0, bytesRead), sum);
    await options.pace?.(bytesRead);
  }
}

function attributesOf(path: Buffer): readonly string[] {
  const names = listXattrs(path).toSorted((one, other) => Buffer.compare(one, other));
  return names.flatMap((name) => [name.toString("latin1"), (findXattr(path, name) ?? Buffer.of()).toString("hex")]);
}

const blockBytes = 1024 * 1024;

/** What looking at an entry costs the disk, about. */
const metadataBytes = 4096;

const slash = Buffer.from("/");
