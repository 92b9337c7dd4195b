import type { Inode, NewNode, Owner } from "./file-call.ts";

export interface Attributes {
  /** The twelve permission bits. */
  readonly mode: number;
  /** Only what a process chose; otherwise whoever writes the tree owns it. */
  readonly owner?: Partial<Owner>;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

interface Node extends Attributes {
  /** Two names with the same inode are hard links of one another. */
  readonly inode: Inode;
}

/** Holes are zeros. */
export interface FileNode extends Node {
  readonly kind: "file";
  readonly content: Uint8Array;
}

/** Names are latin1 text, one character a byte. */
export interface Directory extends Node {
  readonly kind: "directory";
  readonly entries: ReadonlyMap<string, TreeNode>;
}

/** Symbolic links, fifos and devices. */
export type SpecialNode = Node & Exclude<NewNode, { readonly kind: "file" | "directory" }>;

export type TreeNode = FileNode | Directory | SpecialNode;

/** What a path with `/` between its names leads to, or `undefined`. Symbolic links are not followed. */
export function findNode(tree: Directory, path: string): TreeNode | undefined {
  let node: TreeNode | undefined = tree;
  for (const name of path.split("/").filter((part) => part !== "")) {
    node = node?.kind === "directory" ? node.entries.get(name) : undefined;
  }
  return node;
}

/** Every node but the root with its path, parents first, by name. */
export function* walkTree(directory: Directory, prefix = ""): Generator<readonly [path: string, node: TreeNode], void> {
  for (const [name, node] of [...directory.entries].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const path = prefix + name;
    yield [path, node];
    if (node.kind === "directory") yield* walkTree(node, `${path}/`);
  }
}
