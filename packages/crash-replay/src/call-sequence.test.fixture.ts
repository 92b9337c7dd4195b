import { type Arbitrary, array, nat, record, uint8Array } from "fast-check";
import type { Entry, FileCall, Inode } from "./file-call.ts";
import { Names } from "./names.ts";
import { type Directory, type TreeNode, walkTree } from "./tree.ts";

/** An empty root. */
export const emptyRoot: Directory = {
  kind: "directory",
  inode: 0,
  mode: 0o755,
  xattrs: new Map(),
  entries: new Map(),
};

interface Choice {
  readonly kind: number;
  readonly subject: number;
  readonly place: number;
  readonly bytes: Uint8Array;
}

const choices: Arbitrary<Choice> = record({
  kind: nat(7),
  subject: nat(100),
  place: nat(100),
  bytes: uint8Array({ minLength: 1, maxLength: 1500 }),
});

/** Calls that a file system allowed in this order, without syncs and marks, on an empty root. */
export const callSequences: Arbitrary<readonly FileCall[]> = array(choices, { maxLength: 14 }).map((chosen) => {
  const writer = new CallWriter();
  return chosen.flatMap((choice) => writer.write(choice) ?? []);
});

/** Few names, so that calls meet each other. */
const names = ["a", "b", "c"];

class CallWriter {
  readonly #names = new Names(emptyRoot);
  #inodes = 0;

  write(choice: Choice): FileCall | undefined {
    const call = this.#choose(choice);
    if (call === undefined) return undefined;
    const isName = call.kind === "make" || call.kind === "link" || call.kind === "rename" || call.kind === "remove";
    return isName && !this.#names.apply(call) ? undefined : call;
  }

  #choose(choice: Choice): FileCall | undefined {
    const at = this.#entry(choice.place);
    if (choice.kind <= 1) return this.#make(at, choice.kind === 0 ? "file" : "directory");
    const from = this.#entry(choice.subject);
    const inode = this.#names.find(from);
    if (inode === undefined) return undefined;
    const path = `${at.directory}/${at.name}`;
    if (choice.kind === 2)
      return this.#isFull(at) ? undefined : { kind: "rename", inode, from, to: at, oldPath: "", path };
    if (choice.kind === 3) return this.#isFull(from) ? undefined : { kind: "remove", at: from, inode, path };
    return this.#names.node(inode)?.kind === "file" ? this.#use({ inode, path }, at, choice) : undefined;
  }

  #use(file: { inode: Inode; path: string }, at: Entry, { kind, place, bytes }: Choice): FileCall | undefined {
    if (kind === 5) return { kind: "truncate", ...file, size: place * 10 };
    if (kind >= 6) return { kind: "write", ...file, offset: place * 10, bytes };
    return this.#names.find(at) === undefined ? { kind: "link", at, ...file } : undefined;
  }

  #make(at: Entry, kind: "file" | "directory"): FileCall | undefined {
    if (this.#names.find(at) !== undefined) return undefined;
    this.#inodes += 1;
    return { kind: "make", at, inode: this.#inodes, path: at.name, node: { kind }, mode: 0o755 };
  }

  #entry(number: number): Entry {
    const directories = directoriesIn(this.#tree);
    const directory = directories[number % directories.length] ?? 0;
    return { directory, name: names[Math.floor(number / directories.length) % names.length] ?? "a" };
  }

  /** A directory that is not empty can neither be removed nor replaced. */
  #isFull(at: Entry): boolean {
    const inode = this.#names.find(at);
    const node = [...walkTree(this.#tree)].find(([, found]) => found.inode === inode)?.[1];
    return node?.kind === "directory" && node.entries.size > 0;
  }

  get #tree(): Directory {
    return this.#names.toTree(() => new Uint8Array());
  }
}

export function directoriesIn(tree: Directory): readonly Inode[] {
  return [tree.inode, ...[...walkTree(tree)].flatMap(([, node]) => (node.kind === "directory" ? [node.inode] : []))];
}

export type Outlined = readonly [path: string, kind: string, inode: Inode, content: string];

/** A tree as plain data that tells equal trees from others, with the content of files or only with names. */
export function outline(tree: Directory, options: { readonly content: boolean }): readonly Outlined[] {
  return [...walkTree(tree)].map(([path, node]) => [
    path,
    node.kind,
    node.inode,
    options.content ? contentOf(node) : "",
  ]);
}

function contentOf(node: TreeNode): string {
  return node.kind === "file" ? Buffer.from(node.content).toString("hex") : "";
}
