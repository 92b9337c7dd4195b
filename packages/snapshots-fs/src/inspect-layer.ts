import { readFile, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "@stowage/errors";
import type { InspectOptions } from "@stowage/snapshots";
import { linkNameOf } from "./layer-id.ts";
import { findLayerRecord, type LayerRecord } from "./layer-record.ts";
import type { Layout } from "./layout.ts";
import { digestTree } from "./tree-digest.ts";
import { writeText } from "./write-text.ts";

/**
 * What is wrong with the top layer of a stack, ids bottom first; `undefined` where nothing is. The first full look at a layer
 * has only the count of its inodes to go by; it leaves a seal, what the tree has come to, and later ones compare with that.
 */
export async function inspectLayer(
  layout: Layout,
  ids: readonly string[],
  options: InspectOptions,
): Promise<string | undefined> {
  const [id, ...lowers] = ids.toReversed();
  if (id === undefined) throw new Error("a chain without layers has no id");
  const record = await findLayerRecord(layout.layer(id));
  if (record === undefined) return (await isThere(layout.layer(id))) ? "has lost its record" : "is missing";
  if (!(await isThere(layout.diff(id)))) return "has lost its files";
  if ((await textIn(layout, id, "link")) !== linkNameOf(id)) return "has lost the name of its link";
  if (lowers.length > 0 && (await textIn(layout, id, "lower")) !== lowerText(lowers)) return "has lost its parents";
  await restoreLink(layout, id);
  return options.level === "digests" ? await inspectFiles(layout, { id, record }, options) : undefined;
}

/** What a layer says of those below it, top first: their short links. */
export function lowerText(lowers: readonly string[]): string {
  return lowers.map((lower) => `l/${linkNameOf(lower)}`).join(":");
}

/** The link follows from the name of the layer: where it is gone or wrong, it is made anew. */
export async function restoreLink(layout: Layout, id: string): Promise<void> {
  const target = join("..", id, "diff");
  try {
    await symlink(target, layout.link(id));
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    if ((await targetOf(layout.link(id))) !== target) await replaceLink(target, layout.link(id));
  }
}

async function replaceLink(target: string, path: string): Promise<void> {
  const unfinished = `${path}.new`;
  await rm(unfinished, { force: true });
  await symlink(target, unfinished);
  await rename(unfinished, path);
}

/** Where a link leads; `undefined` where it is none. */
async function targetOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (isErrno(error, "EINVAL", "ENOENT")) return undefined;
    throw error;
  }
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
  const seal = await textIn(layout, id, sealName);
  if (found.inodes !== record.inodes) return `has ${found.inodes} files and directories of ${record.inodes}`;
  if (seal !== undefined && sealed.test(seal)) return seal === found.digest ? undefined : "is not what it was";
  const path = join(layout.layer(id), sealName);
  await writeText(`${path}.new`, found.digest);
  await rename(`${path}.new`, path);
  return undefined;
}

/** Beside the record, what the files came to at the first full look. */
const sealName = "stowage.seal";
const sealed = /^[0-9a-f]{64}$/;

async function textIn(layout: Layout, id: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(layout.layer(id), name), "utf8");
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
