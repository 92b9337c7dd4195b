import { execFile } from "node:child_process";
import { createCipheriv } from "node:crypto";
import { mkdir, mkdtemp, open, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { nodePlatform } from "@stowage/core";
import { isErrno } from "@stowage/errors";
import { type MadeImage, makeImage } from "@stowage/image-fixtures";
import { formatPlatform } from "@stowage/oci";

const run = promisify(execFile);
const mebibyte = 1024 * 1024;

/** A file system of its own, ext4 on a loop device. Disposing it takes it off, with all that is in it. */
export interface SmallDisk extends AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  /** Mounts it anew, with other options. */
  remount(options: string): Promise<void>;
  /** Takes it off, has it repaired, and mounts it again. */
  repair(): Promise<void>;
}

/** Makes a disk of 64 MiB; nothing of it is kept back for root. */
export async function makeSmallDisk({ inodes }: { readonly inodes?: number } = {}): Promise<SmallDisk> {
  const directory = await mkdtemp(join(tmpdir(), "stowage-disk-"));
  const device = join(directory, "device");
  const path = join(directory, "disk");
  await writeFile(device, "");
  await truncate(device, 64 * mebibyte);
  const few = inodes === undefined ? [] : ["-N", String(inodes)];
  await run("mkfs.ext4", ["-q", "-m", "0", ...few, device]);
  await mkdir(path);
  const mount = async (): Promise<void> => void (await run("mount", ["-o", "loop", device, path]));
  const unmount = async (): Promise<void> => void (await run("umount", [path]));
  await mount();
  return {
    path,
    remount: async (options) => void (await run("mount", ["-o", `remount,${options}`, path])),
    async repair() {
      await unmount();
      await run("e2fsck", ["-p", device]).catch(unlessCorrected);
      await mount();
    },
    async [Symbol.asyncDispose]() {
      await unmount();
      await rm(directory, { recursive: true });
    },
  };
}

/** 1: "file system errors corrected". */
function unlessCorrected(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === 1)) throw error;
}

/** Takes all that is left of a disk, to the last block. */
export async function fillBlocks(disk: string): Promise<void> {
  await using file = await open(join(disk, "foreign"), "w");
  for (let block = mebibyte; block >= 512; ) {
    try {
      await file.appendFile(Buffer.alloc(block, 1));
      await file.datasync();
    } catch (error) {
      if (!isErrno(error, "ENOSPC")) throw error;
      block /= 2;
    }
  }
}

/** Takes all inodes that are left of a disk. */
export async function fillInodes(disk: string): Promise<void> {
  const directory = join(disk, "foreign files");
  await mkdir(directory);
  try {
    for (let at = 0; ; at += 1) await writeFile(join(directory, String(at)), "");
  } catch (error) {
    if (!isErrno(error, "ENOSPC")) throw error;
  }
}

/** An image with a layer for each number, of so many MiB that no compression makes smaller. */
export function incompressibleImage(name: string, ...mebibytes: readonly number[]): MadeImage {
  const layers = mebibytes.map((size, at) => ({
    files: Array.from({ length: size }, (_, part) => ({
      kind: "file" as const,
      name: `${name}-${at}-${part}`,
      content: noise(`${name} ${at} ${part}`, mebibyte),
      mode: 0o644,
    })),
  }));
  return makeImage({ platforms: [{ platform: formatPlatform(nodePlatform()), layers }] });
}

/** An image of many files without content. */
export function imageOfFiles(count: number): MadeImage {
  const files = Array.from({ length: count }, (_, at) => ({ kind: "file" as const, name: `file-${at}`, mode: 0o644 }));
  return makeImage({ platforms: [{ platform: formatPlatform(nodePlatform()), layers: [{ files }] }] });
}

/** Bytes without a pattern, the same for the same seed. */
function noise(seed: string, bytes: number): Uint8Array {
  const key = Buffer.alloc(16, seed);
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}
