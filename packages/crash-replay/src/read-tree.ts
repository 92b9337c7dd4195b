import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type Inode, rootInode } from "./file-call.ts";
import type { Directory, TreeNode } from "./tree.ts";

/** Reads a real directory into a tree. Owners and extended attributes are left out; what has no place in one is a plain `Error`. */
export function readTree(directory: string): Directory {
  const reader = new TreeReader();
  return reader.directory(Buffer.from(directory), rootInode);
}

class TreeReader {
  readonly #inodes = new Map<bigint, Inode>();

  directory(path: Buffer, inode: Inode): Directory {
    const entries = readdirSync(path, { encoding: "buffer" }).map((name) => {
      return [name.toString("latin1"), this.#node(Buffer.concat([path, Buffer.from("/"), name]))] as const;
    });
    return { kind: "directory", inode, ...attributes(lstatSync(path, { bigint: true })), entries: new Map(entries) };
  }

  #node(path: Buffer): TreeNode {
    const status = lstatSync(path, { bigint: true });
    const common = { inode: this.#inode(status.ino), ...attributes(status) };
    if (status.isFile()) return { kind: "file", ...common, content: readFileSync(path) };
    if (status.isDirectory()) return this.directory(path, common.inode);
    if (status.isSymbolicLink()) {
      return { kind: "symlink", ...common, target: readlinkSync(path, { encoding: "buffer" }).toString("latin1") };
    }
    if (status.isFIFO()) return { kind: "fifo", ...common };
    if (status.isCharacterDevice()) return { kind: "device", type: "character", ...common, ...deviceOf(status.rdev) };
    if (status.isBlockDevice()) return { kind: "device", type: "block", ...common, ...deviceOf(status.rdev) };
    throw new Error(`Cannot read "${path.toString("latin1")}" into a tree: it is a socket`);
  }

  #inode(real: bigint): Inode {
    const inode = this.#inodes.get(real) ?? rootInode + 1 + this.#inodes.size;
    this.#inodes.set(real, inode);
    return inode;
  }
}

function attributes({ mode }: BigIntStats): {
  readonly mode: number;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
} {
  return { mode: Number(mode & 0o7777n), xattrs: new Map() };
}

/** Linux's `gnu_dev_major` and `gnu_dev_minor`. */
function deviceOf(device: bigint): { readonly major: number; readonly minor: number } {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}
