import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { decodeParents } from "@stowage/containers-storage";
import { ifThere } from "@stowage/errors";

/** The storages of other programs, whose containers may stand on layers of ours. */
export interface Consumers {
  /**
   * The layers, ours among them, on which layers over there stand at this moment, or `all` where that cannot be found out: then
   * nothing may be taken from under them.
   */
  parents(): Promise<ReadonlySet<string> | "all">;
}

/** Storages by the directories that they are in, `/var/lib/containers/storage`; one that is not there has nothing. */
export function openConsumers(storages: readonly string[]): Consumers {
  const files = storages.flatMap((storage) => recordNames.map((name) => new ParentsFile(join(storage, name))));
  return {
    async parents() {
      const found = await Promise.all(files.map((file) => file.read()));
      const known = found.filter((parents) => parents !== "unknown");
      return known.length < found.length ? "all" : new Set(known.flatMap((parents) => [...parents]));
    },
  };
}

/** Of the overlay driver: those that last, and those of containers that need not. */
const recordNames = ["overlay-layers/layers.json", "overlay-layers/volatile-layers.json"];

/** Read again when it has changed. */
class ParentsFile {
  readonly #path: string;
  #version = "";
  #parents: ReadonlySet<string> | "unknown" = new Set();

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<ReadonlySet<string> | "unknown"> {
    try {
      const status = await ifThere(stat(this.#path, { bigint: true }));
      if (status === undefined) return new Set();
      const version = `${status.ino} ${status.mtimeNs} ${status.size}`;
      if (version !== this.#version) this.#parents = decodeParents(await readFile(this.#path, "utf8")) ?? "unknown";
      this.#version = version;
    } catch {
      return "unknown"; // it is there, and cannot be read
    }
    return this.#parents;
  }
}
