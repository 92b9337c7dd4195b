import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "@stowage/errors";
import { makeDirectory } from "@stowage/linux";
import { step } from "@stowage/steps";
import { removeTree } from "./remove-tree.ts";

export interface TrashOptions {
  /** Makes it durable that trees have left their places: before that, nothing is taken out of them. */
  readonly flush: () => Promise<void>;
  /** Whether something still shows the tree of this layer, which is at `path` now; then it waits. */
  readonly isInUse: (layerId: string, path: string) => boolean;
}

/** Where trees go to be removed: a rename takes them out of sight at once, the work of unlinking follows on its own. */
export class Trash implements AsyncDisposable {
  readonly #directory: string;
  readonly #options: TrashOptions;
  /** Names of trees in the trash. */
  #waiting: string[] = [];
  /** Removals go one after the other, so that a large one does not take the disk from everybody else. */
  #emptying: Promise<void> = Promise.resolve();
  #isEmptying = false;
  /** Names of trees in the trash that could not be removed, and why. */
  readonly #stuck = new Map<string, unknown>();
  /** Why trees wait for the next start. */
  readonly #lost: unknown[] = [];
  /** Paths of trees that could not be put here, and why. */
  readonly #left = new Map<string, unknown>();

  /** Opens the trash in `directory` and begins to empty what is in it. */
  static async open(directory: string, options: TrashOptions): Promise<Trash> {
    await makeDirectory(directory);
    const trash = new Trash(directory, options);
    trash.#empty(await readdir(directory));
    return trash;
  }

  private constructor(directory: string, options: TrashOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /** Takes the tree at `path` out of sight; of a layer, it is known by whose. One that is not there is fine. */
  async put(path: string, layerId?: string): Promise<void> {
    const name = layerId === undefined ? randomUUID() : `${layerId}.${randomUUID()}`;
    try {
      await rename(path, join(this.#directory, name));
    } catch (error) {
      // Also what the trash itself says when it is gone.
      if (isErrno(error, "ENOENT") && !existsSync(path)) return;
      throw error;
    }
    step("layer-trashed");
    this.#empty([name]);
  }

  /**
   * The same on the way out, where a failure must not stand in for the one that led there: it is told when the trash is
   * disposed of, and the tree stays where it is until something else goes.
   */
  async discard(path: string): Promise<void> {
    try {
      await this.put(path);
    } catch (error) {
      this.#left.set(path, error);
    }
  }

  /** Waits until everything is gone. What cannot be removed even now stays for the next start, and is told. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#emptying;
    if (this.#stuck.size + this.#left.size > 0) this.#empty([]);
    await this.#emptying;
    const failures = [...this.#lost, ...this.#stuck.values(), ...this.#left.values()];
    if (failures.length > 0) throw new AggregateError(failures, `cannot empty "${this.#directory}"`);
  }

  /** What could not be removed before gets another try. */
  #empty(names: readonly string[]): void {
    this.#waiting.push(...names);
    if (this.#isEmptying) return;
    this.#waiting.push(...this.#stuck.keys());
    this.#stuck.clear();
    this.#emptying = this.#emptyAll();
  }

  async #emptyAll(): Promise<void> {
    this.#isEmptying = true;
    try {
      await this.#fetchLeft();
      for (let names = this.#takeUnused(); names.length > 0; names = this.#takeUnused()) {
        await this.#remove(names);
        step("trash-emptied");
      }
    } catch (error) {
      this.#lost.push(error);
    } finally {
      this.#isEmptying = false;
    }
  }

  async #fetchLeft(): Promise<void> {
    const left = [...this.#left.keys()];
    this.#left.clear();
    for (const path of left) await this.discard(path);
  }

  async #remove(names: readonly string[]): Promise<void> {
    await this.#options.flush(); // where it fails, no later one says what became of these names
    for (const name of names) {
      await removeTree(join(this.#directory, name)).catch((error: unknown) => this.#stuck.set(name, error));
    }
  }

  /** What may go now; the rest is asked about again when something else goes. */
  #takeUnused(): readonly string[] {
    const isUsed = (name: string): boolean => {
      const [layerId, uuid] = name.split(".");
      return layerId !== undefined && uuid !== undefined && this.#options.isInUse(layerId, join(this.#directory, name));
    };
    const names = this.#waiting.filter((name) => !isUsed(name));
    this.#waiting = this.#waiting.filter((name) => !names.includes(name));
    return names;
  }
}
