import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { decodeUsedLayers } from "@stowage/containers-storage";
import { ifThere } from "@stowage/errors";

/** The storages of other programs, whose containers and images may stand on layers of ours. */
export interface Consumers {
  /**
   * The layers, ours among them, on which something over there stands at this moment, or `all` where that cannot be found out: then
   * nothing may be taken from under them.
   */
  usedLayers(): Promise<ReadonlySet<string> | "all">;
}

/** Storages by the directories that they are in, `/var/lib/containers/storage`; one that is not there has nothing. */
export function openConsumers(storages: readonly string[]): Consumers {
  const files = storages.flatMap((storage) => recordNames.map((name) => new UsersFile(join(storage, name))));
  return {
    async usedLayers() {
      const found = await Promise.all(files.map((file) => file.read()));
      const known = found.filter((used) => used !== "unknown");
      return known.length < found.length ? "all" : new Set(known.flatMap((used) => [...used]));
    },
  };
}

/** Of the overlay driver: layers that last, those of containers that need not, and images, which may have no layer of their own. */
const recordNames = ["overlay-layers/layers.json", "overlay-layers/volatile-layers.json", "overlay-images/images.json"];

/** Read again when it has changed. */
class UsersFile {
  readonly #path: string;
  #version = "";
  #used: ReadonlySet<string> | "unknown" = new Set();

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<ReadonlySet<string> | "unknown"> {
    try {
      const status = await ifThere(stat(this.#path, { bigint: true }));
      if (status === undefined) return new Set();
      const version = `${status.ino} ${status.mtimeNs} ${status.size}`;
      if (version !== this.#version) this.#used = decodeUsedLayers(await readFile(this.#path, "utf8")) ?? "unknown";
      this.#version = version;
    } catch {
      return "unknown"; // it is there, and cannot be read
    }
    return this.#used;
  }
}
