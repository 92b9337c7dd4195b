import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "@stowage/errors";
import { step } from "@stowage/steps";
import { removeTree } from "./remove-tree.ts";

export interface TrashOptions {
  /** Makes it durable that trees have left their places: before that, nothing is taken out of them. */
  readonly flush: () => Promise<void>;
  /** Whether something still shows the tree of this layer; then it waits. */
  readonly isInUse: (layerId: string) => boolean;
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
  readonly #failures: unknown[] = [];

  /** Opens the trash in `directory` and begins to empty what is in it. */
  static async open(directory: string, options: TrashOptions): Promise<Trash> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
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
   * disposed of, and the tree stays where it is.
   */
  async discard(path: string): Promise<void> {
    try {
      await this.put(path);
    } catch (error) {
      this.#failures.push(error);
    }
  }

  /** Waits until everything is gone. What could not be removed stays for the next start, which tries again. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#emptying;
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, `cannot empty "${this.#directory}"`);
  }

  #empty(names: readonly string[]): void {
    this.#waiting.push(...names);
    if (this.#waiting.length > 0 && !this.#isEmptying) this.#emptying = this.#emptyAll();
  }

  async #emptyAll(): Promise<void> {
    this.#isEmptying = true;
    try {
      for (let names = this.#takeUnused(); names.length > 0; names = this.#takeUnused()) {
        await this.#options.flush();
        for (const name of names) await removeTree(join(this.#directory, name));
        step("trash-emptied");
      }
    } catch (error) {
      this.#failures.push(error);
    } finally {
      this.#isEmptying = false;
    }
  }

  /** What may go now; the rest is asked about again when something else goes. */
  #takeUnused(): readonly string[] {
    const isUsed = (name: string): boolean => {
      const [layerId, uuid] = name.split(".");
      return layerId !== undefined && uuid !== undefined && this.#options.isInUse(layerId);
    };
    const names = this.#waiting.filter((name) => !isUsed(name));
    this.#waiting = this.#waiting.filter((name) => !names.includes(name));
    return names;
  }
}
