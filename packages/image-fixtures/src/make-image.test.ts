import { decodeDocument, decodeImageConfig, digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { makeImage, smallImage } from "./index.ts";

const recipe = { platform: "linux/arm64", layers: [{ files: [{ kind: "file" as const, name: "a" }] }] };

test("makes an index over manifests, each over a config and layers that are what it says", () => {
  const image = smallImage();
  const index = decodeDocument(image.root.bytes);
  expect(index.kind).toBe("index");
  expect(image.digest).toBe(digestOf(image.root.bytes));
  for (const { id, manifest, layers } of image.platforms) {
    const bytes = image.documents.find((document) => digestOf(document.bytes) === manifest.digest)?.bytes;
    expect(decodeDocument(bytes ?? new Uint8Array())).toMatchObject({ kind: "manifest", config: { digest: id } });
    const config = image.blobs.find((blob) => digestOf(blob) === id);
    expect(decodeImageConfig(config ?? new Uint8Array()).diffIds).toEqual(layers.map(({ diffId }) => diffId));
  }
});

test("makes a manifest of one platform, and an index of one where that is asked for", () => {
  expect(decodeDocument(makeImage({ platforms: [recipe] }).root.bytes).kind).toBe("manifest");
  expect(decodeDocument(makeImage({ platforms: [recipe], index: true }).root.bytes).kind).toBe("index");
});

test("makes the same bytes of the same recipe", () => {
  expect(smallImage()).toEqual(smallImage());
});
