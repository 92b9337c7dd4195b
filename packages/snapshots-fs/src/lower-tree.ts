import { closeSync } from "node:fs";
import { dirname } from "node:path/posix";
import { isOpaque, isWhiteout } from "./overlay-marks.ts";
import type { Pace } from "./pace.ts";
import { fileAt, openDirectory, placeIn, type TreeFile } from "./tree-place.ts";

/**
 * What a stack of layers shows, as overlayfs would show it: whiteouts and opaque directories hide what is below, symbolic
 * links on the way are not followed. For each directory it remembers which layers have a part in it, so that a name is
 * looked for in no other.
 */
export class LowerTree implements Disposable {
  /** Top first. */
  readonly #lowers: readonly string[];
  readonly #pace: Pace;
  /** By directory: the layers whose directory there shows, top first. */
  readonly #holders = new Map<string, readonly string[]>();
  /** Descriptors of directories, by layer and path, the one asked for last at the end. */
  readonly #open = new Map<string, number>();

  constructor(lowers: readonly string[], pace: Pace) {
    this.#lowers = lowers;
    this.#pace = pace;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  /** What a path shows; `undefined` for nothing. It is good until the next call. */
  async find(path: string): Promise<TreeFile | undefined> {
    const lowers = path === "" ? this.#lowers : await this.#holdersOf(parentOf(path));
    for (const lower of lowers) {
      await this.#pace.step();
      const file = this.#look(lower, path);
      if (file !== undefined) return isWhiteout(file) ? undefined : file;
    }
    return undefined;
  }

  async #holdersOf(directory: string): Promise<readonly string[]> {
    const known = this.#holders.get(directory);
    if (known !== undefined) return known;
    const above = directory === "" ? this.#lowers : await this.#holdersOf(parentOf(directory));
    const found = await this.#holdersAmong(above, directory);
    if (this.#holders.size >= maxRemembered) this.#holders.clear();
    const holders = found.length === above.length ? above : found;
    this.#holders.set(directory, holders);
    return holders;
  }

  async #holdersAmong(lowers: readonly string[], directory: string): Promise<readonly string[]> {
    const holders: string[] = [];
    for (const lower of lowers) {
      await this.#pace.step();
      const file = this.#look(lower, directory);
      if (file === undefined) continue;
      if (file.status.kind !== "directory") break;
      holders.push(lower);
      if (isOpaque(file)) break;
    }
    return holders;
  }

  /** What one layer has at a path whose directory it has. */
  #look(lower: string, path: string): TreeFile | undefined {
    return fileAt(placeIn(this.#directory(lower, parentOf(path)), path));
  }

  #directory(lower: string, path: string): number {
    const key = `${lower}\0${path}`;
    const fd = this.#open.get(key) ?? openDirectory(lower, path);
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

/** One directory in each layer of the longest stack that overlayfs takes in one mount is open at once; two are plenty. */
const maxOpen = 256;

/** Directories to remember: more than images have. Beyond that it starts anew rather than take memory without end. */
const maxRemembered = 100_000;

const parentOf = (path: string): string => {
  const parent = dirname(path);
  return parent === "." ? "" : parent;
};
