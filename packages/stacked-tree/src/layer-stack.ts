import { closeSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname } from "node:path/posix";
import { isOpaque, isWhiteout } from "./overlay-marks.ts";
import type { Pace } from "./pace.ts";
import { fileAt, openDirectory, placeIn, type TreeFile } from "./tree-place.ts";

/** A file that a stack shows. */
export interface StackedFile extends TreeFile {
  /** The directory of the layer that it is in. */
  readonly layer: string;
}

/**
 * What a stack of layers shows, as overlayfs would show it: whiteouts and opaque directories hide what is below, symbolic
 * links on the way are not followed. For each directory it remembers which layers have a part in it, so that a name is
 * looked for in no other. Paths and names are bytes as latin1; the root is `""`.
 */
export class LayerStack implements Disposable {
  /** Top first. */
  readonly #layers: readonly string[];
  readonly #pace: Pace;
  /** By directory: the layers whose directory there shows, top first. */
  readonly #holders = new Map<string, readonly string[]>();
  /** Descriptors of directories, by layer and path, the one asked for last at the end. */
  readonly #open = new Map<string, number>();

  constructor(layers: readonly string[], pace: Pace) {
    this.#layers = layers;
    this.#pace = pace;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  /** What a path shows; `undefined` for nothing. It is good until the next call. */
  async find(path: string): Promise<StackedFile | undefined> {
    return await this.look(path, (file) => file);
  }

  /** What `use`, which is called at once, makes of what a path shows; `undefined` for nothing. */
  async look<Result>(path: string, use: (file: StackedFile) => Result): Promise<Result | undefined> {
    const layers = path === "" ? this.#layers : await this.holdersOf(parentOf(path));
    for (const layer of layers) {
      await this.#pace.step();
      const file = this.#look(layer, path);
      if (file !== undefined) return isWhiteout(file) ? undefined : use({ ...file, layer });
    }
    return undefined;
  }

  /** What `use` makes of each file that a directory shows, by name, in no order. */
  async list<Result>(
    directory: string,
    use: (file: StackedFile, name: string) => Result,
  ): Promise<ReadonlyMap<string, Result>> {
    const shown = new Map<string, Result>();
    const hidden = new Set<string>();
    for (const layer of await this.holdersOf(directory)) {
      using part = openPart(layer, directory);
      for (const name of await readdir(`/proc/self/fd/${part.dirFd}`, { encoding: "latin1" })) {
        await this.#pace.step();
        const file = shown.has(name) || hidden.has(name) ? undefined : fileAt(placeIn(part.dirFd, name));
        if (file === undefined) continue;
        if (isWhiteout(file)) hidden.add(name);
        else shown.set(name, use({ ...file, layer }, name));
      }
    }
    return shown;
  }

  /** The layers that have a part in what a directory shows, top first. */
  async holdersOf(directory: string): Promise<readonly string[]> {
    const known = this.#holders.get(directory);
    if (known !== undefined) return known;
    const above = directory === "" ? this.#layers : await this.holdersOf(parentOf(directory));
    const found = await this.#holdersAmong(above, directory);
    if (this.#holders.size >= maxRemembered) this.#holders.clear();
    const holders = found.length === above.length ? above : found;
    this.#holders.set(directory, holders);
    return holders;
  }

  async #holdersAmong(layers: readonly string[], directory: string): Promise<readonly string[]> {
    const holders: string[] = [];
    for (const layer of layers) {
      await this.#pace.step();
      const file = this.#look(layer, directory);
      if (file === undefined) continue;
      if (file.status.kind !== "directory") break;
      holders.push(layer);
      if (isOpaque(file)) break;
    }
    return holders;
  }

  /** What one layer has at a path whose directory it has. */
  #look(layer: string, path: string): TreeFile | undefined {
    return fileAt(placeIn(this.#directory(layer, parentOf(path)), path));
  }

  #directory(layer: string, path: string): number {
    const key = `${layer}\0${path}`;
    const fd = this.#open.get(key) ?? openDirectory(layer, path);
    this.#open.delete(key);
    this.#open.set(key, fd);
    if (this.#open.size > maxOpen) this.#closeOldest();
    return fd;
  }

  #closeOldest(): void {
    for (const [key, fd] of this.#open) {
      this.#open.delete(key);
      closeSync(fd);
      return;
    }
  }
}

function openPart(layer: string, directory: string): { readonly dirFd: number } & Disposable {
  const dirFd = openDirectory(layer, directory);
  return { dirFd, [Symbol.dispose]: () => closeSync(dirFd) };
}

/** One directory in each layer of the longest stack that overlayfs takes in one mount is open at once; two are plenty. */
const maxOpen = 256;

/** Directories to remember: more than images have. Beyond that it starts anew rather than take memory without end. */
const maxRemembered = 100_000;

const parentOf = (path: string): string => {
  const parent = dirname(path);
  return parent === "." ? "" : parent;
};
