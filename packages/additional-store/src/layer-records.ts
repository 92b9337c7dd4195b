import { readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { decodeStoredLayers, encodeStoredLayer, joinRecords, type StoredLayer } from "@stowage/containers-storage";
import { ifThere, isErrno } from "@stowage/errors";
import type { Durability } from "@stowage/linux";
import { RecordFile } from "./record-file.ts";

export type LayerRecord = Pick<StoredLayer, "parent"> & { readonly text: string };
/** Layers by their ids. */
export type LayersById = ReadonlyMap<string, LayerRecord>;

/** A layer as it is kept here: most are written again and again, and encoded once. */
export function layerRecordOf(layer: StoredLayer): LayerRecord {
  return { parent: layer.parent, text: encodeStoredLayer(layer) };
}

/** What other programs are told of layers: their records, and beside these what puts their plain tars together again. */
export class LayerRecords {
  readonly #root: string;
  readonly #directory: string;
  readonly #path: string;
  readonly #file: RecordFile;
  /** What the file says, where that is known. */
  #text: string | undefined;
  #layers: LayersById = new Map();
  /** Layers that were unpacked without what puts their tars together. */
  readonly #bare = new Set<string>();

  constructor(root: string, durability: Durability) {
    this.#root = root;
    this.#directory = join(root, "overlay-layers");
    this.#path = join(this.#directory, "layers.json");
    this.#file = new RecordFile({ path: this.#path, lock: join(this.#directory, "layers.lock"), durability });
  }

  /** What they are told now, by this process or an earlier one. */
  async read(): Promise<LayersById> {
    if (this.#text !== undefined) return this.#layers;
    this.#text = (await ifThere(readFile(this.#path, "utf8"))) ?? "";
    this.#layers = new Map(decodeStoredLayers(this.#text).map((layer) => [layer.id, layerRecordOf(layer)]));
    return this.#layers;
  }

  /** Tells of these as well. Links come before the layers that they are for. */
  async add(layers: LayersById): Promise<void> {
    const before = await this.read();
    const links = await this.#links();
    for (const id of layers.keys()) if (!links.has(id) && !this.#bare.has(id)) await this.#link(id);
    const all = new Map([...layers, ...before]);
    if (textOf(all) !== this.#text) await this.#write(async () => all);
  }

  /** Tells of no others any more but of those that `used` gives at a moment when nobody reads: so nobody begins to use more. */
  async keep(layers: LayersById, used: (before: LayersById) => Promise<LayersById>): Promise<void> {
    const before = await this.read();
    const isLess = [...before.keys()].some((id) => !layers.has(id));
    if (isLess) await this.#write(async () => new Map([...layers, ...(await used(before))]));
    else if (textOf(layers) !== this.#text) await this.#write(async () => layers);
    for (const id of await this.#links()) if (!this.#layers.has(id)) await rm(this.#linkPath(id), { force: true });
    for (const id of this.#bare) if (!this.#layers.has(id)) this.#bare.delete(id); // it may come again with it
  }

  async #write(make: () => Promise<LayersById>): Promise<void> {
    this.#text = undefined; // until it is known
    await this.#file.write(async () => {
      this.#layers = await make();
      return textOf(this.#layers);
    });
    this.#text = textOf(this.#layers);
  }

  async #links(): Promise<ReadonlySet<string>> {
    const names = await readdir(this.#directory);
    return new Set(names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length)));
  }

  /** A bare layer is read as well, but not byte for byte. */
  async #link(id: string): Promise<void> {
    if ((await ifThere(stat(join(this.#root, "overlay", id, "tar-split.gz")))) === undefined) {
      this.#bare.add(id);
      return;
    }
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

function textOf(layers: LayersById): string {
  return joinRecords([...layers.values()].map(({ text }) => text));
}

const suffix = ".tar-split.gz";
