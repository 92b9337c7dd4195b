import { randomUUID } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  mkdtempDisposableSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findXattr, listXattrs, readLinkAt, statAt } from "@stowage/linux";
import { digestOf } from "@stowage/oci";
import type { LayerFile, LayerSource, UnpackedLayer, Unpacker } from "@stowage/snapshots";
import { encodeTar, type TarFile } from "@stowage/tar";
import { onTestFinished } from "vitest";
import type { CompressedBytes } from "./arriving-file.ts";
import { createUnpacker } from "./unpacker.ts";

export const needsRoot: boolean = process.getuid?.() !== 0;

export interface Scratch {
  readonly path: string;
  readonly layer: string;
}

/** A directory with an empty `layer` in it that goes with the test. */
export function scratch(): Scratch {
  const directory = mkdtempDisposableSync(join(tmpdir(), "stowage-unpack-"));
  onTestFinished(() => directory.remove());
  const layer = join(directory.path, "layer");
  mkdirSync(layer);
  return { path: directory.path, layer };
}

export interface GuardedScratch extends Scratch {
  readonly outside: string;
  /** What `describeTree` says of `outside` while no layer has touched it. */
  readonly untouched: Readonly<Record<string, string>>;
}

/** With an `outside`, that no layer may touch, beside the layer: an empty `dir` and a file that holds its own name. */
export function guardedScratch(file: string): GuardedScratch {
  const { path, layer } = scratch();
  const outside = join(path, "outside");
  mkdirSync(join(outside, "dir"), { recursive: true });
  writeFileSync(join(outside, file), file);
  return { path, layer, outside, untouched: describeTree(outside) };
}

export function archiveOf(files: Iterable<TarFile>): Buffer {
  return Buffer.concat([...encodeTar(files)]);
}

/** A layer of these plain bytes, arriving as `packed`. */
export function layerOf(plain: Uint8Array, packed: Uint8Array = plain): LayerSource {
  return { open: async () => arriving(inPieces(packed), packed.byteLength), diffId: digestOf(plain) };
}

/** A file that gets its bytes from `source`, as many as it is asked for. */
export function arriving(source: AsyncIterable<Uint8Array>, size: number): LayerFile {
  const path = join(tmpdir(), `stowage-unpack-${randomUUID()}`);
  const fd = openSync(path, "wx+");
  rmSync(path);
  const iterator = source[Symbol.asyncIterator]();
  let arrived = 0;
  return {
    fd,
    size,
    arrived: async (at) => {
      while (arrived <= at && arrived < size) {
        const next = await iterator.next();
        if (next.done === true) throw new Error("the source has less than it said");
        arrived += writeSync(fd, next.value, 0, next.value.byteLength, arrived);
      }
      return arrived;
    },
    [Symbol.asyncDispose]: async () => closeSync(fd),
  };
}

/** These bytes, for who reads them on this thread. */
export function inMemory(bytes: Uint8Array): CompressedBytes {
  let at = 0;
  return {
    readNow: (into) => {
      const part = bytes.subarray(at, at + into.byteLength);
      into.set(part);
      at += part.byteLength;
      return part.byteLength;
    },
    arrival: async () => undefined,
  };
}

/** One for all tests of a file, so that each has threads that the tests before it have used. */
export const unpacker: Unpacker = createUnpacker();

export async function unpackFiles(files: Iterable<TarFile>, directory: string): Promise<UnpackedLayer> {
  return await unpacker.unpack(layerOf(archiveOf(files)), directory);
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

/** Everything below a directory, a line each by path: kind, mode, owner, time, and what it says, links to or holds. */
export function describeTree(directory: string): Readonly<Record<string, string>> {
  const lines: Record<string, string> = {};
  const firstNames = new Map<bigint, string>();
  const describe = (at: string, fd: number, name: string): void => {
    const path = join(at, name);
    const status = statAt(fd, name);
    const { kind, mode, uid, gid, mtime, inode, deviceMajor, deviceMinor } = status;
    const xattrs = listXattrs(join(directory, path)).map(
      (key) => `${String(key)}=${findXattr(join(directory, path), key)?.toString("hex")}`,
    );
    const device = kind === "character" || kind === "block" ? `${deviceMajor}:${deviceMinor}` : "";
    const says = kind === "symlink" ? `-> ${readLinkAt(fd, name).toString()}` : "";
    const first = kind === "directory" ? undefined : firstNames.get(inode);
    if (first === undefined) firstNames.set(inode, path);
    const same = first === undefined ? "" : `= ${first}`;
    const holds = kind === "file" ? digestOf(readFileSync(join(directory, path))) : "";
    lines[path] = [kind, mode.toString(8), `${uid}:${gid}`, mtime, device, says, same, holds, ...xattrs.toSorted()]
      .join(" ")
      .trimEnd();
    if (kind === "directory") walk(path);
  };
  const walk = (at: string): void => {
    const fd = openSync(join(directory, at), "r");
    for (const name of readdirSync(join(directory, at)).toSorted()) describe(at, fd, name);
    closeSync(fd);
  };
  const parent = openSync(directory, "r");
  describe("", parent, ".");
  closeSync(parent);
  return lines;
}
