import type { TarFile } from "@stowage/tar";
import type { Arbitrary } from "fast-check";
import { applyLayer } from "./apply-layer.ts";
import {
  ancestorsOf,
  joinPath,
  type ModelFile,
  type ModelTree,
  namesOf,
  parentOf,
  plainDirectory,
} from "./model-tree.ts";
import { type RandomImage, randomImages } from "./random-image.ts";

/**
 * Images as tools write them, of which all tools make the same: each layer describes the directories on its way, says everything
 * once, and hides only what is there. Where tools part, `umociDifferences` has the cases.
 */
export const agreedImages: Arbitrary<RandomImage> = randomImages.map((image) => {
  let below: ModelTree = new Map();
  return image.map((layer, at) => {
    const agreed = new AgreedLayer(below, at === 0);
    for (const entry of layer) agreed.add(entry);
    below = applyLayer(below, agreed.entries);
    return agreed.entries;
  });
});

class AgreedLayer {
  readonly entries: TarFile[] = [];
  readonly #below: ModelTree;
  readonly #said = new Map<string, TarFile>();
  readonly #hidden = new Set<string>();

  constructor(below: ModelTree, isFirst: boolean) {
    this.#below = below;
    if (isFirst) this.#say("", { kind: "directory", name: "./", mode: 0o755, mtime });
  }

  add(wild: TarFile): void {
    const path = namesOf(wild.name).join("/");
    const entry = { ...wild, name: path };
    const name = path.slice(parentOf(path).length).replace(/^\//, "");
    if (name === ".wh..wh..opq") this.#hideAll(entry, parentOf(path));
    else if (name.startsWith(".wh.")) this.#hide(entry, joinPath(parentOf(path), name.slice(4)));
    else this.#write(entry, path);
  }

  #hide(entry: TarFile, path: string): void {
    if (!this.#below.has(path) || this.#isTouched(path)) return;
    if (!this.#goTo(path)) return;
    this.#hidden.add(path);
    this.entries.push(entry);
  }

  #hideAll(entry: TarFile, path: string): void {
    if (path === "" || this.#below.get(path)?.kind !== "directory" || this.#isTouched(path)) return;
    if (!this.#goTo(`${path}/x`)) return;
    for (const inner of this.#below.keys()) if (inner.startsWith(`${path}/`)) this.#hidden.add(inner);
    this.entries.push(entry);
  }

  #write(entry: TarFile, path: string): void {
    if (path === "" || this.#said.has(path) || this.#isTouched(path)) return;
    if (!this.#goTo(path)) return;
    const written = entry.kind === "hardlink" ? this.#linked(entry) : withoutOverlays(entry);
    if (written !== undefined) this.#say(path, written);
  }

  /** A second name of a file of this layer, described as that is. */
  #linked({ name, linkName = "" }: TarFile): TarFile | undefined {
    const target = namesOf(linkName).join("/");
    const file = this.#said.get(target);
    if (file === undefined || file.kind === "directory" || file.kind === "hardlink") return undefined;
    const { content: _, ...looks } = file;
    return { ...looks, kind: "hardlink", name, linkName: target };
  }

  /** Describes the directories above a path; `false` where something else is in their place. */
  #goTo(path: string): boolean {
    const above = [...ancestorsOf(path)].toReversed().filter((at) => at !== "");
    const isFree = (at: string): boolean =>
      !this.#hidden.has(at) &&
      (this.#said.get(at) ?? this.#below.get(at) ?? { kind: "directory" }).kind === "directory";
    if (!above.every(isFree)) return false;
    for (const at of above) if (!this.#said.has(at)) this.#say(at, directoryAs(at, this.#below.get(at)));
    return true;
  }

  #say(path: string, entry: TarFile): void {
    this.#said.set(path, entry);
    this.entries.push(entry);
  }

  /** Whether something was said of a path or of what is below it, or it is hidden. */
  #isTouched(path: string): boolean {
    const touched = [...this.#said.keys(), ...this.#hidden];
    return (
      touched.some((at) => at === path || at.startsWith(`${path}/`)) ||
      [...ancestorsOf(path)].some((at) => this.#hidden.has(at))
    );
  }
}

const mtime = 1_600_000_000_000_000_000n;

function withoutOverlays(entry: TarFile): TarFile {
  const xattrs = [...(entry.xattrs ?? [])].filter(([name]) => !name.includes(".overlay."));
  return { ...entry, xattrs: new Map(xattrs) };
}

/** A directory described as it is below. */
function directoryAs(path: string, below: ModelFile = { ...plainDirectory(), mtime }): TarFile {
  const { mode, owner, xattrs, mtime: time } = below;
  const [uid = 0, gid = 0] = owner.split(":").map(Number);
  return { kind: "directory", name: `${path}/`, mode, uid, gid, mtime: time, xattrs: new Map(xattrs.map(xattrOf)) };
}

function xattrOf(line: string): readonly [string, Uint8Array] {
  const [name = "", hex = ""] = line.split("=");
  return [name, Buffer.from(hex, "hex")];
}
