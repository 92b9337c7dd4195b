import {
  type AttributeChange,
  type Entry,
  type Inode,
  type NameCall,
  type NewNode,
  type RenameCall,
  rootInode,
} from "./file-call.ts";
import type { Attributes, Directory, TreeNode } from "./tree.ts";

interface InodeState {
  readonly node: NewNode;
  attributes: Attributes;
  /** Empty unless it is a directory. */
  readonly entries: Map<string, Inode>;
  /** Of a directory that has a name. */
  parent?: Inode | undefined;
}

/** The part of a rename that is applied; `whole` but in a model that lets a file appear and disappear separately. */
export type Part = "whole" | "added" | "removed";

/** The names and attributes of a file system, without the content of files. */
export class Names {
  readonly #inodes = new Map<Inode, InodeState>();

  /** Starts as `tree` is. */
  constructor(tree: Directory) {
    this.#add(tree);
  }

  copy(): Names {
    const copy = new Names(emptyTree);
    for (const [inode, state] of this.#inodes) copy.#inodes.set(inode, { ...state, entries: new Map(state.entries) });
    return copy;
  }

  get nextInode(): Inode {
    return Math.max(...this.#inodes.keys()) + 1;
  }

  find({ directory, name }: Entry): Inode | undefined {
    return this.#inodes.get(directory)?.entries.get(name);
  }

  node(inode: Inode): NewNode | undefined {
    return this.#inodes.get(inode)?.node;
  }

  attributes(inode: Inode): Attributes | undefined {
    return this.#inodes.get(inode)?.attributes;
  }

  parent(directory: Inode): Inode {
    return this.#inodes.get(directory)?.parent ?? rootInode;
  }

  /** From the root to a directory, with a `/` at its end; the root itself is "". */
  path(directory: Inode): string {
    if (directory === rootInode) return "";
    const parent = this.parent(directory);
    const entries = this.#inodes.get(parent)?.entries ?? [];
    const name = [...entries].find(([, inode]) => inode === directory)?.[0] ?? "?";
    return `${this.path(parent)}${name}/`;
  }

  /** Whether the call is possible as things are; if not, nothing happens. */
  apply(call: NameCall, part: Part = "whole"): boolean {
    switch (call.kind) {
      case "make":
        return this.#make(call.inode, { node: call.node, mode: call.mode }, call.at);
      case "link":
        return this.#set(call.at, call.inode);
      case "remove":
        return this.find(call.at) === call.inode && this.#clear(call.at);
      case "rename":
        return this.#rename(call, part);
    }
  }

  change(inode: Inode, { mode, owner, xattr }: AttributeChange): void {
    const state = this.#inodes.get(inode);
    if (state === undefined) return;
    const xattrs = new Map(state.attributes.xattrs);
    if (xattr?.value !== undefined) xattrs.set(xattr.name, xattr.value);
    else if (xattr !== undefined) xattrs.delete(xattr.name);
    const owned = { ...state.attributes.owner, ...owner };
    state.attributes = {
      mode: mode ?? state.attributes.mode,
      ...(Object.keys(owned).length > 0 ? { owner: owned } : {}),
      xattrs,
    };
  }

  /** What the root leads to. */
  toTree(contentOf: (inode: Inode) => Uint8Array): Directory {
    const state = this.#inodes.get(rootInode);
    const entries = [...(state?.entries ?? [])].map(([name, inode]) => [name, this.#toNode(inode, contentOf)] as const);
    return { kind: "directory", inode: rootInode, ...attributesOf(state), entries: new Map(entries) };
  }

  #toNode(inode: Inode, contentOf: (inode: Inode) => Uint8Array): TreeNode {
    const state = this.#inodes.get(inode);
    const node = state?.node ?? { kind: "file" };
    const common = { inode, ...attributesOf(state) };
    if (node.kind === "file") return { kind: "file", ...common, content: contentOf(inode) };
    if (node.kind !== "directory") return { ...common, ...node };
    const entries = [...(state?.entries ?? [])].map(([name, child]) => [name, this.#toNode(child, contentOf)] as const);
    return { kind: "directory", ...common, entries: new Map(entries) };
  }

  #add(node: TreeNode, at?: Entry): void {
    const made = node.kind === "symlink" ? { kind: node.kind, target: node.target } : newNodeOf(node);
    if (!this.#inodes.has(node.inode)) {
      this.#inodes.set(node.inode, { node: made, attributes: attributesOf(node), entries: new Map() });
    }
    if (at !== undefined) this.#set(at, node.inode);
    if (node.kind !== "directory") return;
    for (const [name, child] of node.entries) this.#add(child, { directory: node.inode, name });
  }

  #make(inode: Inode, { node, mode }: { node: NewNode; mode: number }, at: Entry | undefined): boolean {
    this.#inodes.set(inode, { node, attributes: { mode, xattrs: new Map() }, entries: new Map() });
    return at === undefined || this.#set(at, inode);
  }

  #rename({ inode, from, to, exchanged }: RenameCall, part: Part): boolean {
    if (part === "added") return this.#set(to, inode);
    if (this.find(from) !== inode) return false;
    if (part === "removed") return this.#clear(from);
    if (exchanged !== undefined && this.find(to) !== exchanged) return false;
    if (this.#isInside(to.directory, inode)) return false;
    if (sameEntry(from, to)) return true;
    this.#clear(from);
    this.#set(to, inode);
    return exchanged === undefined || this.#set(from, exchanged);
  }

  /** A directory cannot be put below itself: the result would be no tree. */
  #isInside(directory: Inode, ancestor: Inode): boolean {
    if (directory === ancestor) return true;
    const parent = this.#inodes.get(directory)?.parent;
    return parent !== undefined && this.#isInside(parent, ancestor);
  }

  #set(at: Entry, inode: Inode): boolean {
    const directory = this.#inodes.get(at.directory);
    const state = this.#inodes.get(inode);
    if (directory === undefined || state === undefined) return false;
    this.#clear(at);
    directory.entries.set(at.name, inode);
    if (state.node.kind === "directory") state.parent = at.directory;
    return true;
  }

  #clear(at: Entry): boolean {
    const inode = this.find(at);
    const state = inode === undefined ? undefined : this.#inodes.get(inode);
    if (state?.node.kind === "directory") state.parent = undefined;
    return this.#inodes.get(at.directory)?.entries.delete(at.name) ?? false;
  }
}

function newNodeOf(node: Exclude<TreeNode, { readonly kind: "symlink" }>): NewNode {
  if (node.kind !== "device") return { kind: node.kind };
  return { kind: "device", type: node.type, major: node.major, minor: node.minor };
}

function attributesOf(state: InodeState | TreeNode | undefined): Attributes {
  const { mode, owner, xattrs } = (state !== undefined && "attributes" in state ? state.attributes : state) ?? none;
  return { mode, ...(owner === undefined ? {} : { owner }), xattrs };
}

const emptyTree: Directory = {
  kind: "directory",
  inode: rootInode,
  mode: 0o755,
  xattrs: new Map(),
  entries: new Map(),
};

const none: Attributes = { mode: 0, xattrs: new Map() };

function sameEntry(a: Entry, b: Entry): boolean {
  return a.directory === b.directory && a.name === b.name;
}
