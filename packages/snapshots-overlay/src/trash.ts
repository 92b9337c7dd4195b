import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "@stowage/errors";
import { removeTree } from "./remove-tree.ts";

/** Where trees go to be removed: a rename takes them out of sight at once, the work of unlinking follows on its own. */
export class Trash implements AsyncDisposable {
  readonly #directory: string;
  /** Removals go one after the other, so that a large one does not take the disk from everybody else. */
  #emptying: Promise<void> = Promise.resolve();
  readonly #failures: unknown[] = [];

  /** Opens the trash in `directory` and begins to empty what is in it. */
  static async open(directory: string): Promise<Trash> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const trash = new Trash(directory);
    for (const name of await readdir(directory)) trash.#empty(join(directory, name));
    return trash;
  }

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Takes the tree at `path` out of sight. One that is not there is fine. */
  async put(path: string): Promise<void> {
    const away = join(this.#directory, randomUUID());
    try {
      await rename(path, away);
    } catch (error) {
      // Also what the trash itself says when it is gone.
      if (isErrno(error, "ENOENT") && !existsSync(path)) return;
      throw error;
    }
    this.#empty(away);
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

  #empty(path: string): void {
    this.#emptying = this.#emptying
      .then(() => removeTree(path))
      .catch((error: unknown) => {
        this.#failures.push(error);
      });
  }
}
