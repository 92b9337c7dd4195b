import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { StowageError } from "@stowage/errors";
import type { Image } from "@stowage/images";
import { digestOf, parsePlatform } from "@stowage/oci";
import { expect, test } from "vitest";
import { type Image as ImageMessage, ImageSchema } from "./gen/stowage/v1/store_pb.ts";
import { decodeStoredImage, encodeStoredImage } from "./stored-image.ts";

const descriptorOf = (name: string, size = name.length) => ({
  mediaType: `application/vnd.example.${name}`,
  digest: digestOf(name),
  size,
});

const config = descriptorOf("config");

const full: Image = {
  id: config.digest,
  manifest: descriptorOf("manifest"),
  index: { ...descriptorOf("index"), digest: digestOf("index", "sha512") },
  config,
  layers: [
    { blob: descriptorOf("base", 5 * 2 ** 40), kept: false, diffId: digestOf("base tar"), bytes: 2 ** 43, inodes: 7 },
    { blob: descriptorOf("upper"), kept: true, diffId: digestOf("upper tar"), bytes: 0, inodes: 0 },
  ],
  keepsBlobs: true,
  platform: parsePlatform("linux/arm/v6"),
  user: "app:staff",
  annotations: { "org.example.note": "ünïcode", empty: "" },
  created: "2026-01-02T03:04:05Z",
  tags: ["docker.io/library/a:1", "ghcr.io/team/a:v2"],
  digests: [`docker.io/library/a@${digestOf("index")}`],
  publishedAt: 1_790_000_000_123,
  pins: ["ghcr.io/team/a:v2", config.digest],
  damage: [],
};

const bare: Image = {
  id: config.digest,
  manifest: descriptorOf("manifest"),
  config,
  layers: [],
  platform: parsePlatform("linux/amd64"),
  user: "",
  annotations: {},
  tags: [],
  digests: [],
  publishedAt: 0,
  pins: [],
  damage: [],
};

/** The message as the other side gets it. */
function sent(message: ImageMessage): ImageMessage {
  return fromBinary(ImageSchema, toBinary(ImageSchema, message));
}

test.for([
  { what: "that has everything", image: full },
  { what: "that has only what every image has", image: bare },
])("an image $what arrives as it was", ({ image }) => {
  const arrived = decodeStoredImage(sent(encodeStoredImage(image)));
  expect(arrived).toEqual(image);
  expect(Object.keys(arrived).toSorted()).toEqual(Object.keys(image).toSorted());
});

test.for<{ what: string; change: (message: ImageMessage) => void }>([
  { what: "an id that is no digest", change: (message) => void (message.id = "sha256:../../etc") },
  { what: "no manifest", change: (message) => void delete message.manifest },
  { what: "no config", change: (message) => void delete message.config },
  {
    what: "an index with a short digest",
    change: ({ index }) => void (index && (index.digest = "sha256:abc")),
  },
  {
    what: "a layer without a blob",
    change: ({ layers: [layer] }) => void delete layer?.blob,
  },
  {
    what: "a layer whose diff id is no digest",
    change: ({ layers: [layer] }) => void (layer && (layer.diffId = "")),
  },
  { what: "a platform that is none", change: (message) => void (message.platform = "linux") },
])("refuses an image with $what", ({ change }) => {
  const message = sent(encodeStoredImage(full));
  change(message);
  expect(() => decodeStoredImage(message)).toThrow(
    expect.objectContaining({ name: StowageError.name, code: "invalid-argument" }),
  );
});
