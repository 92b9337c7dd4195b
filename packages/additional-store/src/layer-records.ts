import { readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { decodeStoredLayers, encodeStoredLayer, joinRecords, type StoredLayer } from "@stowage/containers-storage";
import { ifThere } from "@stowage/errors";
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
  #told: Told | undefined;
  /** Layers for which a link was made, or that were unpacked without what it would lead to. */
  #linked: Set<string> | undefined;

  constructor(root: string, durability: Durability) {
    this.#root = root;
    this.#directory = join(root, "overlay-layers");
    this.#path = join(this.#directory, "layers.json");
    this.#file = new RecordFile({ path: this.#path, lock: join(this.#directory, "layers.lock"), durability });
  }

  /** Whether they are told of any, be it by an earlier process. */
  async isEmpty(): Promise<boolean> {
    return (await this.#read()).layers.size === 0;
  }

  /** Tells of these as well. Links come before the layers that they are for. */
  async add(layers: LayersById): Promise<void> {
    const linked = await this.#findLinked();
    for (const id of layers.keys()) if (!linked.has(id)) await this.#link(id);
    const before = await this.#read();
    const all = toldOf(new Map([...layers, ...before.layers, ...layers]));
    if (all.text !== before.text) await this.#write(async () => all);
  }

  /** Tells of no others any more but of those that `used` gives at a moment when nobody reads: so nobody begins to use more. */
  async keep(layers: LayersById, used: (before: LayersById) => Promise<LayersById>): Promise<void> {
    const before = await this.#read();
    const isLess = before.layers.size > layers.size; // these are among them
    if (isLess) await this.#write(async () => toldOf(new Map([...layers, ...(await used(before.layers))])));
    const told = await this.#read();
    for (const id of await this.#findLinked()) if (!told.layers.has(id)) await this.#unlink(id);
  }

  async #read(): Promise<Told> {
    if (this.#told !== undefined) return this.#told;
    const text = (await ifThere(readFile(this.#path, "utf8"))) ?? "";
    const layers = new Map(decodeStoredLayers(text).map((layer) => [layer.id, layerRecordOf(layer)]));
    this.#told = { text, layers };
    return this.#told;
  }

  /** Where it comes to the same, nothing is written. */
  async #write(make: () => Promise<Told>): Promise<void> {
    const before = await this.#read();
    let told = before;
    this.#told = undefined; // until it is known
    await this.#file.write(async () => {
      told = await make();
      return told.text === before.text ? undefined : told.text;
    });
    this.#told = told;
  }

  /** An earlier process may have left links that are for nothing. */
  async #findLinked(): Promise<ReadonlySet<string>> {
    const names = this.#linked === undefined ? await readdir(this.#directory) : [];
    const links = names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length));
    this.#linked ??= new Set(links);
    return this.#linked;
  }

  /** A layer without what it would lead to is read as well, but not byte for byte. */
  async #link(id: string): Promise<void> {
    if ((await ifThere(stat(join(this.#root, "overlay", id, "tar-split.gz")))) !== undefined)
      await symlink(join("..", "overlay", id, "tar-split.gz"), this.#linkPath(id));
    this.#linked?.add(id);
  }

  async #unlink(id: string): Promise<void> {
    await rm(this.#linkPath(id), { force: true });
    this.#linked?.delete(id);
  }

  #linkPath(id: string): string {
    return join(this.#directory, `${id}${suffix}`);
  }
}

/** What the file says, and means. */
interface Told {
  readonly text: string;
  readonly layers: LayersById;
}

function toldOf(layers: LayersById): Told {
  return { text: joinRecords([...layers.values()].map(({ text }) => text)), layers };
}

const suffix = ".tar-split.gz";
