import type { BigIntStats, Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { layerIdOf } from "@stowage/containers-storage";
import { type AbortOptions, ifThere } from "@stowage/errors";
import type { Disk, DiskEntry, DiskOwner } from "@stowage/image-service";
import { layerResource, type Resource } from "@stowage/images";
import { chainIdOf } from "@stowage/oci";
import type { SnapshotInfo, Snapshotter } from "@stowage/snapshots";
import { pathKindOf } from "./path-owner.ts";

/** The snapshotters by the directories that they are in, below the root of the store. */
type Storages = ReadonlyMap<string, NamedSnapshots>;

/** The name of the default one is left out. */
export interface NamedSnapshots {
  readonly name?: string | undefined;
  readonly snapshots: Pick<Snapshotter, "list">;
}

/** The disk below `root`, laid out as `openStore` does. Hard links are counted once. */
export function openDisk(root: string, storages: Storages): Disk {
  return {
    async *walk(options = {}) {
      const layers = new Map<string, Layer>();
      for (const [storage, { name, snapshots }] of storages) {
        for await (const info of snapshots.list(options))
          layers.set(`${storage}/${layerIdOf(info.chain)}`, layerOf(info, name));
      }
      const seen = new Set<bigint>();
      for await (const { path, status } of files(root, "", options)) {
        const isLinked = status.nlink > 1n && !status.isDirectory() && seen.has(status.ino);
        seen.add(status.ino);
        if (!isLinked) yield entryOf(path, status, layers);
      }
    },
  };
}

/** A layer that is known, and how many inodes of its files were not met yet. */
interface Layer {
  readonly layer: Resource;
  missing: number;
}

function layerOf({ chain, inodes }: SnapshotInfo, snapshotter: string | undefined): Layer {
  return { layer: layerResource(chainIdOf(chain), snapshotter), missing: inodes };
}

function entryOf(path: string, status: BigIntStats, layers: ReadonlyMap<string, Layer>): DiskEntry {
  return { path, owner: ownerOf(path, layers), bytes: Number(status.blocks) * 512, inodes: 1 };
}

/** Files that a layer has beyond what was counted when it was unpacked are nobody's. */
function ownerOf(path: string, layers: ReadonlyMap<string, Layer>): DiskOwner {
  const found = pathKindOf(path);
  if (found.kind !== "layer") return found;
  const layer = layers.get(`${found.storage}/${found.id}`);
  if (layer === undefined) return { kind: "leftovers" };
  if (found.isFile) layer.missing -= 1;
  return found.isFile && layer.missing < 0 ? { kind: "unknown" } : { kind: "layer", layer: layer.layer };
}

interface FoundFile {
  readonly path: string;
  readonly status: BigIntStats;
}

/** Everything below a directory, itself first; what goes meanwhile is passed over. */
async function* files(root: string, path: string, options: AbortOptions): AsyncGenerator<FoundFile, void, undefined> {
  options.signal?.throwIfAborted();
  const full = bytesOf(root, path);
  const status = await ifThere(lstat(full, { bigint: true }));
  if (status === undefined) return;
  yield { path, status };
  if (!status.isDirectory()) return;
  const entries = (await ifThere(readdir(full, { encoding: "buffer", withFileTypes: true }))) ?? [];
  for (const directory of entries.filter((entry) => entry.isDirectory()))
    yield* files(root, pathOf(path, directory), options);
  yield* plainFiles(
    root,
    entries.filter((entry) => !entry.isDirectory()).map((entry) => pathOf(path, entry)),
  );
}

/** Several are asked for at once: the threads that do it wait for each other otherwise. */
async function* plainFiles(root: string, paths: readonly string[]): AsyncGenerator<FoundFile, void, undefined> {
  for (let at = 0; at < paths.length; at += batch) {
    const some = paths.slice(at, at + batch);
    const statuses = await Promise.all(some.map((path) => ifThere(lstat(bytesOf(root, path), { bigint: true }))));
    for (const [index, path] of some.entries()) {
      const status = statuses[index];
      if (status !== undefined) yield { path, status };
    }
  }
}

const batch = 64;

/** Names are bytes, one a character. */
function pathOf(directory: string, { name }: Dirent<Buffer>): string {
  const text = name.toString("latin1");
  return directory === "" ? text : `${directory}/${text}`;
}

function bytesOf(root: string, path: string): Buffer {
  return path === "" ? Buffer.from(root) : Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);
}
