import type { ArchivedImage } from "@stowage/archive";
import { StowageError } from "@stowage/errors";
import { type MadeImage, makeImage, smallImage } from "@stowage/image-fixtures";
import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { loadWaves } from "./load-waves.ts";

function imageOf(...names: readonly string[]): MadeImage {
  const layers = names.map((name) => ({ files: [{ kind: "file" as const, name }] }));
  return makeImage({ platforms: [{ platform: "linux/amd64", layers }] });
}

function archiveOf(...made: readonly MadeImage[]) {
  const documents = made.flatMap(({ root, documents: others }) => [root, ...others]);
  const bytes = new Map<string, Uint8Array>(documents.map((each) => [digestOf(each.bytes), each.bytes]));
  const images = made.map(
    ({ root, digest }, at): ArchivedImage => ({
      names: [String(at)],
      root: { mediaType: root.mediaType, digest, size: root.bytes.byteLength },
    }),
  );
  return {
    images,
    async *read(digest: string) {
      const found = bytes.get(digest);
      if (found === undefined) throw new StowageError("not-found", "Cannot read it");
      yield found;
    },
  };
}

test.for([
  { what: "one image", images: [imageOf("a")], waves: [["0"]] },
  { what: "images that share nothing", images: [imageOf("a"), imageOf("b"), imageOf("c")], waves: [["0", "1", "2"]] },
  {
    what: "images on one base",
    images: [imageOf("a", "b"), imageOf("a", "c"), imageOf("x"), imageOf("a", "d")],
    waves: [
      ["0", "2"],
      ["1", "3"],
    ],
  },
  {
    what: "images that stand on each other",
    images: [imageOf("a"), imageOf("a", "b"), imageOf("a", "b", "c")],
    waves: [["0"], ["1"], ["2"]],
  },
  { what: "indexes that share a platform's layers", images: [smallImage(), smallImage()], waves: [["0"], ["1"]] },
  { what: "no image", images: [], waves: [] },
])("$what", async ({ images, waves }) => {
  const found = await loadWaves(archiveOf(...images), {});
  expect(found.map((wave) => wave.flatMap(({ names }) => names))).toEqual(waves);
});

test("an image that cannot be read is left to who loads it", async () => {
  const { images } = archiveOf(imageOf("a"), imageOf("b"));
  const broken = { ...archiveOf(imageOf("b")), images };
  expect(await loadWaves(broken, {})).toEqual([images]);
});
