import type { Image } from "@stowage/images";
import { formatBytes } from "../output/format-size.ts";
import { shortDigest } from "../output/short-digest.ts";
import { sortImages } from "../output/sort-images.ts";
import { type TreeNode, treeLines } from "../output/tree.ts";
import { getImage } from "../store/get-image.ts";
import { growTree, type LayerNode } from "../store/layer-tree.ts";
import type { Call } from "../verbs/call.ts";

export interface TreeOptions {
  readonly trunc?: boolean;
}

/** Prints the layers that images stand on, each with what stands on it. */
export async function drawTree(call: Call<TreeOptions>, names: readonly string[]): Promise<void> {
  const { signal, options } = call;
  await using open = await call.open();
  const images =
    names.length === 0
      ? sortImages(await open.images.list({ signal, damagedToo: true }), "name")
      : await call.each(names, (name) => getImage(open.images, name, call));
  const roots = growTree(images);
  const trunc = options.trunc !== false;
  call.print({
    list: roots.flatMap((root) => nodeRows(root)),
    screen: () => roots.flatMap((root) => treeLines(drawn(root, trunc))),
  });
}

function nodeRows(node: LayerNode, parent?: string): readonly Readonly<Record<string, unknown>>[] {
  const { chain, layers, bytes, images, children, sharedBy } = node;
  const row = { chain, parent, layers, bytes, images: images.flatMap(namesOf), sharedBy };
  return [row, ...children.flatMap((child) => nodeRows(child, chain))];
}

function drawn(node: LayerNode, trunc: boolean): TreeNode {
  const { chain, layers, bytes, images, children, sharedBy } = node;
  const what = layers === 1 ? "1 layer" : `${layers} layers`;
  const shared = sharedBy > 1 ? `, shared by ${sharedBy} images` : "";
  const label = layers === 0 ? "no layers" : `${nameOf(chain, trunc)}  ${what}, ${formatBytes(bytes)}${shared}`;
  const leaves = images.flatMap((image) =>
    namesOf(image).map((name) => ({ label: `${name}  ${nameOf(image.id, trunc)}` })),
  );
  return { label, children: [...leaves, ...children.map((child) => drawn(child, trunc))] };
}

function nameOf(digest: string, trunc: boolean): string {
  return trunc ? shortDigest(digest) : digest;
}

function namesOf({ tags, digests, id }: Image): readonly string[] {
  const names = tags.length > 0 ? tags : digests;
  return names.length > 0 ? names : [id];
}
