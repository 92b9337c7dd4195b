import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isMachineRoot, makeNodeAt, nodeKinds, setXattr, workingDirectory } from "@stowage/linux";
import { onTestFinished } from "vitest";
import { type ImageTree, openImageTree, type TreeMount } from "./index.ts";

/** What one layer has, by path (bytes as latin1): a file's content, or something else. */
export type LayerFiles = Readonly<Record<string, string | LayerFile>>;

export type LayerFile =
  | { readonly kind: "directory" | "opaque" | "whiteout" | "fifo" }
  | { readonly kind: "symlink"; readonly target: string };

export const directory: LayerFile = { kind: "directory" };
export const opaque: LayerFile = { kind: "opaque" };
export const whiteout: LayerFile = { kind: "whiteout" };
export const fifo: LayerFile = { kind: "fifo" };
export const symlink = (target: string): LayerFile => ({ kind: "symlink", target });

const opaqueMark = isMachineRoot() ? "trusted.overlay.opaque" : "user.overlay.opaque";

/** A directory that goes with the test. */
export function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), "stacked-tree-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function writeLayer(root: string, files: LayerFiles): string {
  mkdirSync(root);
  for (const [path, file] of Object.entries(files)) {
    const at = Buffer.from(join(root, path), "latin1");
    mkdirSync(Buffer.from(dirname(join(root, path)), "latin1"), { recursive: true });
    writeOne(at, file);
  }
  return root;
}

function writeOne(at: Buffer, file: string | LayerFile): void {
  if (typeof file === "string") return writeFileSync(at, file);
  if (file.kind === "directory" || file.kind === "opaque") mkdirSync(at, { recursive: true });
  if (file.kind === "opaque") setXattr(at, opaqueMark, Buffer.from("y"));
  if (file.kind === "symlink") symlinkSync(Buffer.from(file.target, "latin1"), at);
  if (file.kind === "whiteout") makeNodeAt(workingDirectory, at, { mode: nodeKinds.character });
  if (file.kind === "fifo") makeNodeAt(workingDirectory, at, { mode: nodeKinds.fifo | 0o600 });
}

/** The overlay of some layers, top first. */
export function overlayOf(layers: readonly string[]): TreeMount {
  const escaped = layers.map((layer) => layer.replace(/[\\:,]/g, (character) => `\\${character}`));
  return { type: "overlay", source: "overlay", options: ["ro", `lowerdir=${escaped.join(":")}`] };
}

/** The tree of some layers, top first, which are written for the test. */
export function treeOf(...layers: readonly LayerFiles[]): ImageTree {
  const base = temporary();
  const roots = layers.map((files, at) => writeLayer(join(base, `${at}`), files));
  const tree = openImageTree([overlayOf(roots)]);
  onTestFinished(() => tree[Symbol.dispose]());
  return tree;
}

export async function textOf(tree: ImageTree, path: string): Promise<string | undefined> {
  const entry = await tree.find(path);
  return entry === undefined ? undefined : String(Buffer.concat(await Array.fromAsync(tree.read(entry))));
}
