import { chmod, chown, lstat, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ContainerPlaces, isContainerId, requireContainerId } from "@stowage/container-state";
import { type AbortOptions, asStorageError, ifThere, StowageError } from "@stowage/errors";
import { type Durability, makeDirectory, openFlusher } from "@stowage/linux";
import { mountsWithin } from "./mounts-within.ts";
import { removeTree } from "./remove-tree.ts";

export interface ContainerDirectoriesOptions {
  /** Where directories are that outlive the boot. */
  readonly work: string;
  /** Where those are that do not: on a tmpfs, and for this store alone. */
  readonly run: string;
  /** Whether a work directory that was made survives a power cut (`full`, the default). */
  readonly durability?: Durability | undefined;
}

/** The places of containers: `<work>/<id>`, `<run>/<id>/run` and `<run>/<id>/rootfs`. Nothing is made before it is asked for. */
export function openContainerDirectories(options: ContainerDirectoriesOptions): ContainerPlaces {
  return new ContainerDirectories(options);
}

class ContainerDirectories implements ContainerPlaces {
  readonly #options: ContainerDirectoriesOptions;

  constructor(options: ContainerDirectoriesOptions) {
    this.#options = options;
  }

  async workDirectory(id: string, { signal }: AbortOptions = {}): Promise<string> {
    requireContainerId(id, "make a work directory");
    signal?.throwIfAborted();
    const { work, durability = "full" } = this.#options;
    return await telling(id, async () => {
      const path = join(work, id);
      const isNew = (await ifThere(lstat(path))) === undefined;
      await makeDirectory(work);
      await makeOwn(path);
      if (isNew) await flushNames(work, durability);
      return path;
    });
  }

  async runDirectory(id: string, { signal }: AbortOptions = {}): Promise<string> {
    requireContainerId(id, "make a run directory");
    signal?.throwIfAborted();
    const { run } = this.#options;
    return await telling(id, async () => {
      await makeDirectory(run, { mode: passable });
      await makeOwn(join(run, id));
      return await makeOwn(join(run, id, "run"));
    });
  }

  rootfs(id: string): string {
    requireContainerId(id, "find a root filesystem");
    return join(this.#options.run, id, "rootfs");
  }

  async letThrough(id: string, gid: number, options: AbortOptions = {}): Promise<void> {
    await this.runDirectory(id, options);
    await telling(id, async () => {
      const path = join(this.#options.run, id);
      await chown(path, process.getuid?.() ?? 0, gid);
      await chmod(path, 0o710);
    });
  }

  directoriesOf(id: string): readonly string[] {
    requireContainerId(id, "find its directories");
    return [join(this.#options.run, id), join(this.#options.work, id)];
  }

  async remove(id: string, { signal }: AbortOptions = {}): Promise<void> {
    for (const directory of this.directoriesOf(id)) {
      signal?.throwIfAborted();
      await telling(id, async () => {
        const [mounted] = await mountsWithin(directory);
        if (mounted !== undefined)
          throw new StowageError("failed-precondition", `Cannot remove "${directory}": "${mounted.target}" is mounted`);
        await removeTree(directory);
      });
    }
  }

  async list({ signal }: AbortOptions = {}): Promise<readonly string[]> {
    signal?.throwIfAborted();
    const { work, run } = this.#options;
    const names = await telling("of any id", () =>
      Promise.all([work, run].map(async (root) => (await ifThere(readdir(root))) ?? [])),
    );
    return [...new Set(names.flat().filter(isContainerId))];
  }
}

/** Others have to come through to the socket that may be beside them. */
const passable = 0o711;

/** Makes a directory for its owner alone; one that is there is fine, and anything else is refused, be it a link to one. */
async function makeOwn(path: string): Promise<string> {
  await makeDirectory(path);
  if ((await lstat(path)).isDirectory()) return path;
  throw new StowageError("failed-precondition", `Cannot use "${path}": it is no directory`);
}

/** Also those that lead to the directory, which may be new, too. */
async function flushNames(directory: string, durability: Durability): Promise<void> {
  for (const path of [directory, dirname(directory)]) {
    using names = openFlusher(path, { scope: "names", durability });
    await names.flush();
  }
}

async function telling<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw asStorageError(error, `use the directories of container "${id}"`);
  }
}
