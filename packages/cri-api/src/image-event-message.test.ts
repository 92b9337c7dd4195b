import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ImageEvent } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { WatchResponseSchema } from "./gen/stowage/v1/store_pb.ts";
import { decodeImageEvent, encodeImageEvent } from "./index.ts";

const blob = { mediaType: "application/octet-stream", digest: digestOf("blob"), size: 7 };
const image: Image = {
  id: digestOf("config"),
  manifest: blob,
  config: blob,
  layers: [],
  platform: { os: "linux", architecture: "amd64" },
  user: "",
  annotations: {},
  tags: ["docker.io/library/a:1"],
  digests: [],
  publishedAt: 1,
  pins: [],
  damage: [],
};
const pull = { pull: "p1", reference: "docker.io/library/a:1" };

test.for<ImageEvent>([
  { kind: "published", image, isNew: true },
  { kind: "published", image, isNew: false },
  { kind: "removed", image },
  { kind: "damaged", image },
  { kind: "pull-started", ...pull },
  { kind: "pull-progress", ...pull, event: { kind: "resolved", manifest: blob, layers: [blob] } },
  {
    kind: "pull-progress",
    ...pull,
    event: { kind: "layer", digest: blob.digest, phase: "fetching", bytes: 3, size: 2 ** 40 },
  },
  { kind: "pull-progress", ...pull, event: { kind: "committing" } },
  { kind: "pull-succeeded", ...pull, id: image.id },
  { kind: "pull-failed", ...pull, why: "Cannot pull: it is so" },
])("an event $kind arrives as it was", (event) => {
  const bytes = toBinary(WatchResponseSchema, encodeImageEvent(event));
  expect(decodeImageEvent(fromBinary(WatchResponseSchema, bytes))).toEqual(event);
});

test("what a newer daemon tells is no event, and an event that lacks its image is refused", () => {
  expect(decodeImageEvent(create(WatchResponseSchema))).toBeUndefined();
  expect(
    decodeImageEvent(create(WatchResponseSchema, { event: { case: "pullProgress", value: pull } })),
  ).toBeUndefined();
  const torn = create(WatchResponseSchema, { event: { case: "removed", value: {} } });
  expect(() => decodeImageEvent(torn)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
});
