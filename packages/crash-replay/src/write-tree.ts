import { execFileSync } from "node:child_process";
import { chmodSync, lchownSync, linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Inode, Owner } from "./file-call.ts";
import type { Directory, SpecialNode, TreeNode } from "./tree.ts";

export interface WriteTreeOptions {
  /** Sets an extended attribute, which Node cannot; without it a tree is written without them. */
  readonly setXattr?: (path: Buffer, name: string, value: Uint8Array) => void;
}

/**
 * Makes a tree real in `directory`, which is made where it is absent and is empty otherwise. Fifos and devices are made by
 * `mknod`, devices and owners only as root. It does not wait for anything, because thousands of states are written.
 */
export function writeTree(tree: Directory, directory: string, options: WriteTreeOptions = {}): void {
  mkdirSync(directory, { recursive: true });
  const writer = new TreeWriter(directory, options);
  writer.fill(tree, Buffer.from(directory));
  writer.makeNodes();
  writer.finish(tree, Buffer.from(directory));
}

interface PlannedNode {
  readonly node: Exclude<SpecialNode, { readonly kind: "symlink" }>;
  readonly path: Buffer;
}

/** Its arguments are a name, a type and the two numbers of a device, for one node after the other. */
const makeNodesScript = 'while [ $# -gt 0 ]; do mknod "$1" "$2" $3 $4 || exit 1; shift 4; done';

class TreeWriter {
  readonly #directory: string;
  readonly #options: WriteTreeOptions;
  readonly #written = new Map<Inode, Buffer>();
  readonly #nodes: PlannedNode[] = [];
  readonly #links: { readonly from: Inode; readonly to: Buffer }[] = [];

  constructor(directory: string, options: WriteTreeOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  fill(directory: Directory, path: Buffer): void {
    for (const [name, node] of directory.entries) {
      this.#write(node, Buffer.concat([path, Buffer.from("/"), Buffer.from(name, "latin1")]));
    }
  }

  /** One process makes all of them, under names that an argument can have, and they are moved from there. */
  makeNodes(): void {
    const planned = this.#nodes.map((plan, index) => ({ ...plan, temporary: join(this.#directory, `.node-${index}`) }));
    if (planned.length > 0) {
      const args = planned.flatMap(({ node, temporary }) => [temporary, ...nodeArguments(node)]);
      execFileSync("sh", ["-c", makeNodesScript, "sh", ...args], { stdio: ["ignore", "ignore", "pipe"] });
    }
    for (const { path, temporary } of planned) renameSync(temporary, path);
    for (const { from, to } of this.#links) linkSync(this.#written.get(from) ?? "", to);
  }

  /** Attributes come last and from the leaves up, because they may forbid writing. */
  finish(node: TreeNode, path: Buffer): void {
    for (const [name, child] of node.kind === "directory" ? node.entries : []) {
      this.finish(child, Buffer.concat([path, Buffer.from("/"), Buffer.from(name, "latin1")]));
    }
    for (const [name, value] of node.xattrs) this.#options.setXattr?.(path, name, value);
    if (node.owner !== undefined && process.getuid?.() === 0) chown(path, node.owner);
    if (node.kind !== "symlink") chmodSync(path, node.mode);
  }

  #write(node: TreeNode, path: Buffer): void {
    if (this.#written.has(node.inode)) {
      this.#links.push({ from: node.inode, to: path });
      return;
    }
    this.#written.set(node.inode, path);
    if (node.kind === "file") writeFileSync(path, node.content);
    else if (node.kind === "symlink") symlinkSync(Buffer.from(node.target, "latin1"), path);
    else if (node.kind !== "directory") this.#nodes.push({ node, path });
    else {
      mkdirSync(path);
      this.fill(node, path);
    }
  }
}

/** -1 leaves one as it is. */
function chown(path: Buffer, { uid = -1, gid = -1 }: Partial<Owner>): void {
  lchownSync(path, uid, gid);
}

function nodeArguments(node: PlannedNode["node"]): readonly string[] {
  if (node.kind === "fifo") return ["p", "", ""];
  return [node.type === "character" ? "c" : "b", `${node.major}`, `${node.minor}`];
}
