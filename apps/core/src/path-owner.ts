import { join } from "node:path";
import { isContainerId } from "@stowage/container-state";
import { contentAt } from "@stowage/content-fs";
import type { DiskOwner } from "@stowage/image-service";
import { layerResource } from "@stowage/images";
import { chainIdOf } from "@stowage/oci";
import { findChain, type StoragePath, storageAt } from "@stowage/snapshots-fs";

/** What a path is for, except that of a layer only the directory is told. */
export type PathKind =
  | Exclude<DiskOwner, { readonly kind: "layer" }>
  | (Extract<StoragePath, { readonly kind: "layer" }> & { readonly storage: string });

const unknown: PathKind = { kind: "unknown" };

/** What a path below the root of a store is for, laid out as `openStore` does. */
export function pathKindOf(path: string): PathKind {
  const [first = "", ...rest] = path.split("/");
  const below = rest.join("/");
  if (path === "" || path === "lock") return { kind: "layout" };
  if (databaseFile.test(path)) return { kind: "database" };
  if (/^trash(?:-[a-z]+)?$/.test(first)) return { kind: below === "" ? "layout" : "trash" };
  if (first === "content") return contentKind(below);
  if (first === "containers") return containerKind(below);
  return /^storage(?:-[a-z]+)?$/.test(first) ? storageKind(first, below) : unknown;
}

const databaseFile = /^stowage\.db(?:-wal|-shm|-journal|-reserve)?$/;

/** What runtimes keep of containers beside their root filesystems. */
function containerKind(path: string): PathKind {
  const [id = ""] = path.split("/");
  if (path === "") return { kind: "layout" };
  return isContainerId(id) ? { kind: "writable" } : unknown;
}

function contentKind(path: string): PathKind {
  const found = contentAt(path);
  if (found === undefined) return unknown;
  return typeof found === "string" ? { kind: found } : { kind: "blob", digest: found.blob };
}

function storageKind(storage: string, path: string): PathKind {
  const found = storageAt(path);
  if (found === undefined) return unknown;
  return found.kind === "layer" ? { ...found, storage } : { kind: found.kind };
}

/**
 * What a file below the root of a store is for, by its path from there, without links on the way. A layer that has lost its record, or
 * one below it, is a leftover.
 */
export async function findPathOwner(root: string, path: string): Promise<DiskOwner> {
  const found = pathKindOf(path);
  if (found.kind !== "layer") return found;
  const [storage = "", driver = ""] = path.split("/");
  const chain = await findChain(join(root, storage, driver), found.id);
  if (chain === undefined) return { kind: "leftovers" };
  const [, snapshotter] = storage.split("-");
  return { kind: "layer", layer: layerResource(chainIdOf(chain), snapshotter) };
}
