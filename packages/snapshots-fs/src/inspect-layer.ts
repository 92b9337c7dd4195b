import { readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "@stowage/errors";
import { writeText } from "@stowage/linux";
import type { InspectOptions } from "@stowage/snapshots";
import type { LayerDriver } from "./layer-driver.ts";
import { findLayerRecord, type LayerRecord } from "./layer-record.ts";
import type { Layout } from "./layout.ts";
import { digestTree } from "./tree-digest.ts";

/**
 * What is wrong with the top layer of a stack, ids bottom first; `undefined` where nothing is. The first full look at a layer
 * has only the count of its inodes to go by; it leaves a seal, what the tree has come to, and later ones compare with that.
 */
export async function inspectLayer(
  driver: LayerDriver,
  ids: readonly string[],
  options: InspectOptions,
): Promise<string | undefined> {
  const { layout } = driver;
  const id = ids.at(-1);
  if (id === undefined) throw new Error("a chain without layers has no id");
  const record = await findLayerRecord(layout.layer(id));
  if (record === undefined) return (await isThere(layout.layer(id))) ? "has lost its record" : "is missing";
  if (!(await isThere(layout.diff(id)))) return "has lost its files";
  const wrong = await driver.inspectLinks(ids);
  if (wrong !== undefined) return wrong;
  return options.level === "digests" ? await inspectFiles(layout, { id, record }, options) : undefined;
}

interface CommittedLayer {
  readonly id: string;
  readonly record: LayerRecord;
}

async function inspectFiles(
  layout: Layout,
  { id, record }: CommittedLayer,
  options: InspectOptions,
): Promise<string | undefined> {
  const found = await digestTree(layout.diff(id), options);
  const path = join(layout.layer(id), sealName);
  const seal = await findText(path);
  if (found.inodes !== record.inodes) return `has ${found.inodes} files and directories of ${record.inodes}`;
  if (seal !== undefined && sealed.test(seal)) return seal === found.digest ? undefined : "is not what it was";
  await writeText(`${path}.new`, found.digest);
  await rename(`${path}.new`, path);
  return undefined;
}

/** Beside the record, what the files came to at the first full look. */
const sealName = "stowage.seal";
const sealed = /^[0-9a-f]{64}$/;

/** What a file says; `undefined` where there is none. */
export async function findText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}
