import { readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { decodeStoredLayers, encodeStoredLayers, type StoredLayer } from "@stowage/containers-storage";
import { ifThere, isErrno } from "@stowage/errors";
import type { Durability } from "@stowage/linux";
import { RecordFile } from "./record-file.ts";

/** Layers by their ids. */
export type StoredLayers = ReadonlyMap<string, StoredLayer>;

/** What other programs are told of layers: their records, and beside these what puts their plain tars together again. */
export class LayerRecords {
  readonly #root: string;
  readonly #directory: string;
  readonly #path: string;
  readonly #file: RecordFile;
  /** What the file says, where that is known. */
  #text: string | undefined;

  constructor(root: string, durability: Durability) {
    this.#root = root;
    this.#directory = join(root, "overlay-layers");
    this.#path = join(this.#directory, "layers.json");
    this.#file = new RecordFile({ path: this.#path, lock: join(this.#directory, "layers.lock"), durability });
  }

  /** What they are told now, by this process or an earlier one. */
  async read(): Promise<StoredLayers> {
    this.#text ??= (await ifThere(readFile(this.#path, "utf8"))) ?? "";
    return new Map(decodeStoredLayers(this.#text).map((layer) => [layer.id, layer]));
  }

  /** Links come before the layers that they are for, and go after them. */
  async write(layers: StoredLayers): Promise<void> {
    const text = encodeStoredLayers([...layers.values()]);
    if (text === this.#text) return;
    this.#text = undefined;
    const links = await this.#links();
    for (const id of layers.keys()) if (!links.has(id)) await this.#link(id);
    await this.#file.write(text);
    for (const id of links) if (!layers.has(id)) await rm(this.#linkPath(id), { force: true });
    this.#text = text;
  }

  async #links(): Promise<ReadonlySet<string>> {
    const names = await readdir(this.#directory);
    return new Set(names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length)));
  }

  /** A layer that was unpacked without it is read as well, but not byte for byte. */
  async #link(id: string): Promise<void> {
    if ((await ifThere(stat(join(this.#root, "overlay", id, "tar-split.gz")))) === undefined) return;
    try {
      await symlink(join("..", "overlay", id, "tar-split.gz"), this.#linkPath(id));
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
  }

  #linkPath(id: string): string {
    return join(this.#directory, `${id}${suffix}`);
  }
}

const suffix = ".tar-split.gz";
