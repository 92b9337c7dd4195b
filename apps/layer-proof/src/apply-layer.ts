import type { TarFile } from "@stowage/tar";
import {
  ancestorsOf,
  fileOf,
  joinPath,
  LayerRefusal,
  looksOf,
  type ModelFile,
  type ModelTree,
  namesOf,
  parentOf,
  plainDirectory,
} from "./model-tree.ts";

/**
 * What an image shows when one more layer is put over it (OCI image-spec, layer.md, "Applying Changesets"). In memory and in the
 * plainest words: this is what the unpacker, the snapshotter and the kernel's overlayfs are held to, so it has no line of theirs.
 * Throws a `LayerRefusal` for a layer that nobody can apply.
 *
 * Where the spec is silent: symlinks of the layer itself lead where a chroot would have them lead; a symlink of a layer below in
 * the middle of a path gives way to a directory, as in containerd and podman. Whiteouts hide what is below and never what the
 * layer has itself, in whatever order they come. Of two entries with one name the later counts.
 */
export function applyLayer(below: ModelTree, entries: readonly TarFile[]): ModelTree {
  const layer = new Layer();
  for (const entry of entries) layer.add(entry);
  return layer.over(below);
}

export function applyLayers(layers: readonly (readonly TarFile[])[]): ModelTree {
  return layers.reduce(applyLayer, new Map());
}

class Layer {
  readonly #own = new Map<string, ModelFile>([["", plainDirectory()]]);
  /** Directories that no entry describes. */
  readonly #implied = new Set([""]);
  readonly #hidden = new Set<string>();
  readonly #opaque = new Set<string>();
  /** Hard links to what was not there when they came: path to target. */
  readonly #waiting = new Map<string, string>();

  add(entry: TarFile): void {
    const names = namesOf(entry.name);
    const name = names.at(-1);
    if (name === undefined) return this.#describeRoot(entry);
    const parent = this.#enter(names.slice(0, -1));
    if (name === ".wh..wh..opq") this.#opaque.add(parent);
    else if (name.startsWith(".wh.")) this.#hide(parent, name.slice(4));
    else this.#place(entry, joinPath(parent, name));
  }

  over(below: ModelTree): ModelTree {
    for (const [path, target] of this.#waiting) this.#linkOwn(path, target);
    for (const [path, target] of this.#waiting) this.#linkLower(path, target, below);
    const shown = new Map([...below].filter(([path]) => this.#letsThrough(path)));
    for (const [path, file] of this.#own) {
      const lower = this.#implied.has(path) ? shown.get(path) : undefined;
      shown.set(path, lower?.kind === "directory" ? lower : file);
    }
    return shown;
  }

  #describeRoot(entry: TarFile): void {
    if (entry.kind !== "directory") throw new LayerRefusal(`the root is a ${entry.kind}`);
    this.#place(entry, "");
  }

  #hide(parent: string, name: string): void {
    if (["", ".", ".."].includes(name)) throw new LayerRefusal("a whiteout of nothing");
    this.#hidden.add(joinPath(parent, name));
  }

  #place(entry: TarFile, path: string): void {
    this.#waiting.delete(path);
    if (entry.kind === "hardlink") return this.#placeLink(entry, path);
    if (entry.kind !== "directory" || this.#own.get(path)?.kind !== "directory") this.#remove(path);
    this.#implied.delete(path);
    this.#own.set(path, fileOf(entry));
  }

  #placeLink(entry: TarFile, path: string): void {
    const names = namesOf(entry.linkName ?? "");
    const name = names.at(-1);
    if (name === undefined) throw new LayerRefusal("a hard link to the root");
    const target = joinPath(this.#lead(names.slice(0, -1)), name);
    const file = this.#own.get(target);
    if (file?.kind === "directory") throw new LayerRefusal("a hard link to a directory");
    if (file !== undefined && target.startsWith(`${path}/`)) throw new LayerRefusal("a hard link to what it replaces");
    if (target !== path) this.#remove(path);
    if (file === undefined) this.#waiting.set(path, target);
    else this.#own.set(path, Object.assign(file, looksOf({ ...entry, kind: file.kind }), { xattrs: file.xattrs }));
  }

  #remove(path: string): void {
    for (const at of [...this.#own.keys(), ...this.#waiting.keys()]) {
      if (at !== path && !at.startsWith(`${path}/`)) continue;
      this.#own.delete(at);
      this.#implied.delete(at);
      this.#waiting.delete(at);
    }
  }

  /** Where a path leads, its directories made. */
  #enter(names: readonly string[]): string {
    return this.#walk(names, (path) => {
      const file = this.#own.get(path);
      if (file !== undefined && file.kind !== "directory") throw new LayerRefusal(`${path} is a ${file.kind}`);
      if (file !== undefined) return;
      this.#own.set(path, plainDirectory());
      this.#implied.add(path);
    });
  }

  /** Where a path would lead. */
  #lead(names: readonly string[]): string {
    return this.#walk(names, () => undefined);
  }

  #walk(names: readonly string[], pass: (path: string) => void): string {
    const left = [...names];
    let at = "";
    let links = 0;
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const path = name === ".." ? parentOf(at) : joinPath(at, name);
      const file = this.#own.get(path);
      if (file?.kind === "symlink") {
        links += 1;
        if (links > 80) throw new LayerRefusal("too many symlinks");
        const target = file.says.slice("-> ".length);
        if (target.startsWith("/")) at = "";
        left.unshift(...target.split("/").filter((part) => part !== "" && part !== "."));
      } else {
        pass(path);
        at = path;
      }
    }
    return at;
  }

  /** A link to what came later. */
  #linkOwn(path: string, target: string): void {
    const file = this.#own.get(target);
    if (!this.#own.has(path) && file === undefined) return;
    this.#waiting.delete(path);
    if (this.#own.has(path)) return;
    if (file === undefined || file.kind === "directory")
      throw new LayerRefusal(`${path} is a hard link to a directory`);
    this.#own.set(path, file);
  }

  /**
   * A link to what is below: then the layer has that file from here on, under both names. Other names that it has below stay with
   * the file there, as overlayfs has it.
   */
  #linkLower(path: string, target: string, below: ModelTree): void {
    const lower = this.#letsThrough(target) ? copyOf(below.get(target)) : undefined;
    const file = this.#own.get(target) ?? lower;
    if (file === undefined || file.kind === "directory") throw new LayerRefusal(`${path} is a hard link to nothing`);
    this.#own.set(target, file);
    for (const directory of ancestorsOf(target)) {
      if (this.#own.has(directory)) continue;
      this.#own.set(directory, plainDirectory());
      this.#implied.add(directory);
    }
    if (path !== target && this.#own.has(path)) throw new LayerRefusal(`${path} is a hard link and a directory`);
    this.#own.set(path, file);
  }

  #isHidden(path: string): boolean {
    if (this.#hidden.has(path)) return true;
    return [...ancestorsOf(path)].some((at) => this.#hidden.has(at) || this.#opaque.has(at));
  }

  /** Whether what is below at a path still shows, unless the layer has something there itself. */
  #letsThrough(path: string): boolean {
    if (this.#isHidden(path)) return false;
    return [path, ...ancestorsOf(path)].every((at) => (this.#own.get(at)?.kind ?? "directory") === "directory");
  }
}

function copyOf(file: ModelFile | undefined): ModelFile | undefined {
  return file === undefined || file.kind === "directory" ? undefined : { ...file };
}
