import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { type ImageLayer, type ImageRecord, imageSize } from "./index.ts";

const blob = (name: string, size: number) => ({ mediaType: "application/octet-stream", digest: digestOf(name), size });
const layer = (name: string, kept: boolean): ImageLayer => ({
  blob: blob(name, 1000),
  kept,
  diffId: digestOf(`tar ${name}`),
  bytes: 4096,
  inodes: 1,
});
const image: ImageRecord = {
  id: digestOf("config"),
  manifest: blob("manifest", 10),
  config: blob("config", 1),
  layers: [],
  platform: { os: "linux", architecture: "amd64" },
  user: "",
  annotations: {},
};

test.for([
  { what: "its documents alone", record: image, size: 11 },
  { what: "the index too", record: { ...image, index: blob("index", 100) }, size: 111 },
  { what: "blob and files of a layer", record: { ...image, layers: [layer("a", true)] }, size: 11 + 1000 + 4096 },
  {
    what: "only the files where the blob is not kept",
    record: { ...image, layers: [layer("a", false)] },
    size: 11 + 4096,
  },
  {
    what: "a blob once that is two layers",
    record: { ...image, layers: [layer("a", true), layer("a", true)] },
    size: 11 + 1000 + 2 * 4096,
  },
])("the size of an image is $what", ({ record, size }) => {
  expect(imageSize(record)).toBe(size);
});
