import type { Image } from "@stowage/images";
import { digestOf, parsePlatform } from "@stowage/oci";
import { expect, test } from "vitest";
import { sharesOf } from "./image-shares.ts";
import { growTree, type LayerNode } from "./layer-tree.ts";

function imageOf(name: string, ...layers: readonly string[]): Image {
  const blob = (text: string, size: number) => ({
    mediaType: "application/octet-stream",
    digest: digestOf(text),
    size,
  });
  return {
    id: digestOf(name),
    manifest: blob(`${name} manifest`, 10),
    config: blob(name, 1),
    layers: layers.map((layer) => ({
      blob: blob(layer, 5),
      kept: false,
      diffId: digestOf(layer),
      bytes: layer.length * 100,
      inodes: 1,
    })),
    platform: parsePlatform("linux/amd64"),
    user: "",
    annotations: {},
    tags: [name],
    digests: [],
    pins: [],
    publishedAt: 1,
    damage: [],
  };
}

test("what one image has alone is unique, and what two have is shared, by both", () => {
  const images = [imageOf("one", "base", "a"), imageOf("two", "base", "bb"), imageOf("alone", "ccc")];
  expect(sharesOf(images).map(({ unique, shared }) => ({ unique, shared }))).toEqual([
    { unique: 111, shared: 400 },
    { unique: 211, shared: 400 },
    { unique: 311, shared: 0 },
  ]);
});

/** A tree in a line: how many layers, which images, and what stands on them. */
function drawn({ layers, images, children }: LayerNode): string {
  const inside = [...images.map(({ tags }) => tags.join()), ...children.map(drawn)];
  return `${layers}(${inside.join(" ")})`;
}

test.for<{ what: string; images: readonly Image[]; tree: readonly string[] }>([
  { what: "nothing", images: [], tree: [] },
  { what: "one image", images: [imageOf("one", "a", "b", "c")], tree: ["3(one)"] },
  {
    what: "images on one base",
    images: [imageOf("one", "a", "b"), imageOf("two", "a", "c")],
    tree: ["1(1(one) 1(two))"],
  },
  {
    what: "an image that is the base",
    images: [imageOf("one", "a"), imageOf("two", "a", "b", "c")],
    tree: ["1(one 2(two))"],
  },
  { what: "the same layers twice", images: [imageOf("one", "a"), imageOf("two", "a")], tree: ["1(one two)"] },
  {
    what: "one layer in two places",
    images: [imageOf("one", "a", "b"), imageOf("two", "b")],
    tree: ["2(one)", "1(two)"],
  },
  { what: "no layers", images: [imageOf("none")], tree: ["0(none)"] },
])("the tree of $what", ({ images, tree }) => {
  expect(growTree(images).map(drawn)).toEqual(tree);
});
