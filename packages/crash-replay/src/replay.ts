import { hash } from "node:crypto";
import { contentAfter, type DataFate } from "./content.ts";
import type { Effect } from "./effect.ts";
import { type DataCall, type Inode, isDataCall, isNameCall } from "./file-call.ts";
import type { Loss } from "./loss.ts";
import { Names } from "./names.ts";
import { type Directory, type TreeNode, walkTree } from "./tree.ts";

interface DataEffect extends Effect {
  readonly of: DataCall;
}

interface Content {
  readonly bytes: Uint8Array;
  readonly digest: string;
}

/** The effects up to a moment, and the trees that they leave with one loss or another. */
export class Replay {
  readonly #start: ReadonlyMap<Inode, Uint8Array>;
  /** After the effects that can no longer be lost. */
  readonly #settled: Names;
  #effects: Effect[] = [];
  readonly #data = new Map<Inode, DataEffect[]>();
  /** Contents of a file by what it lost; they are good until it is written again. */
  readonly #contents = new Map<Inode, Map<string, Content>>();

  constructor(before: Directory) {
    this.#settled = new Names(before);
    this.#start = contentsOf(before);
  }

  add(effect: Effect): void {
    this.#effects.push(effect);
    if (!isDataEffect(effect)) return;
    this.#data.set(effect.of.inode, [...(this.#data.get(effect.of.inode) ?? []), effect]);
    this.#contents.delete(effect.of.inode);
  }

  /** Says what is the oldest effect that can still be lost. */
  settle(oldestPending: Effect | undefined): void {
    const index = oldestPending === undefined ? this.#effects.length : this.#effects.indexOf(oldestPending);
    for (const effect of this.#effects.slice(0, index)) applyTo(this.#settled, effect);
    this.#effects = this.#effects.slice(index);
  }

  /** The tree, and a text that is the same for equal trees. */
  state(loss: Loss): { readonly tree: Directory; readonly digest: string } {
    const names = this.#settled.copy();
    for (const effect of this.#effects) {
      if (!loss.has(effect)) applyTo(names, effect);
      // A file whose first name is lost may have another one that is not.
      else if (effect.of.kind === "make") names.apply({ ...effect.of, at: undefined });
    }
    const contents = new Map<Uint8Array, string>();
    const tree = names.toTree((inode) => {
      const { bytes, digest } = this.#content(inode, loss);
      contents.set(bytes, digest);
      return bytes;
    });
    return { tree, digest: digestOf(tree, contents) };
  }

  #content(inode: Inode, loss: Loss): Content {
    const effects = this.#data.get(inode) ?? [];
    const fateOf = (index: number): DataFate => {
      const effect = effects[index];
      return (effect === undefined ? undefined : loss.get(effect)) ?? "kept";
    };
    const key = JSON.stringify(effects.map((_, index) => fateOf(index)).map((fate) => (fate === "kept" ? 0 : fate)));
    const known = this.#contents.get(inode) ?? new Map<string, Content>();
    this.#contents.set(inode, known);
    const content = known.get(key) ?? this.#makeContent(inode, effects, fateOf);
    known.set(key, content);
    return content;
  }

  #makeContent(inode: Inode, effects: readonly DataEffect[], fateOf: (index: number) => DataFate): Content {
    const calls = effects.map(({ of }) => of);
    const bytes = contentAfter(this.#start.get(inode) ?? new Uint8Array(), calls, fateOf);
    return { bytes, digest: hash("sha1", bytes) };
  }
}

function applyTo(names: Names, { of, part }: Effect): void {
  if (isNameCall(of)) names.apply(of, part);
  else if (of.kind === "attributes") names.change(of.inode, of.change);
}

function isDataEffect(effect: Effect): effect is DataEffect {
  return isDataCall(effect.of);
}

function contentsOf(tree: Directory): ReadonlyMap<Inode, Uint8Array> {
  const files = [...walkTree(tree)].flatMap(([, node]) => (node.kind === "file" ? [node] : []));
  return new Map(files.map(({ inode, content }) => [inode, content]));
}

/** Inodes are numbered as they are met, so that it does not matter which numbers they have. */
function digestOf(tree: Directory, contents: ReadonlyMap<Uint8Array, string>): string {
  const numbers = new Map<Inode, number>();
  const lines = [...walkTree(tree)].map(([path, node]) => {
    const number = numbers.get(node.inode) ?? numbers.size;
    numbers.set(node.inode, number);
    return JSON.stringify([path, number, ...factsOf(node, contents)]);
  });
  return hash("sha1", [JSON.stringify(factsOf(tree, contents)), ...lines].join("\n"));
}

function factsOf(node: TreeNode, contents: ReadonlyMap<Uint8Array, string>): readonly unknown[] {
  const xattrs = [...node.xattrs].map(([name, value]) => [name, Buffer.from(value).toString("hex")]);
  const common = [node.kind, node.mode, node.owner, xattrs];
  if (node.kind === "file") return [...common, contents.get(node.content)];
  if (node.kind === "symlink") return [...common, node.target];
  return node.kind === "device" ? [...common, node.type, node.major, node.minor] : common;
}
