import { randomBytes } from "node:crypto";
import { type Descriptor, mediaTypes } from "@stowage/oci";
import type { Case, CaseContext } from "./case.ts";
import { expectEqual, expectThat } from "./expectation.ts";

export const artifactCases: readonly Case[] = [
  {
    name: "an artifact with an empty config is pulled, found and listed, with a size above 0",
    source: "KEP-4639",
    async run(context) {
      const { client } = context;
      const name = putArtifact(context, [randomBytes(4096)]);
      const id = await client.pull(name);
      const image = await client.status(name);
      expectEqual("the id:", image?.id, id);
      expectThat("a size above 0", (image?.size ?? 0n) > 0n, image?.size);
      expectEqual(
        "entries of the list:",
        (await client.list()).filter((listed) => listed.id === id),
        [image],
      );
    },
  },
  {
    name: "two artifacts with the same empty config are two images",
    source: "KEP-4639",
    async run(context) {
      const { client } = context;
      const one = await client.pull(putArtifact(context, [randomBytes(64)], "one"));
      const other = await client.pull(putArtifact(context, [randomBytes(64)], "other"));
      expectThat("two ids", one !== other, [one, other]);
      await client.remove(one);
      expectThat("the other one still there", (await client.status(other)) !== undefined, undefined);
    },
  },
  {
    name: "an artifact is removed like an image",
    source: "KEP-4639",
    async run(context) {
      const name = putArtifact(context, [randomBytes(64)]);
      const id = await context.client.pull(name);
      await context.client.remove(id);
      expectEqual("the image:", await context.client.status(name), undefined);
    },
  },
];

/** As the OCI image-spec has it under "Guidelines for Artifact Usage". */
function putArtifact({ registry }: CaseContext, files: readonly Uint8Array[], repository = "model"): string {
  const blob = (bytes: Uint8Array, mediaType: string): Descriptor => ({
    mediaType,
    digest: registry.addBlob(bytes),
    size: bytes.byteLength,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: "application/vnd.example.model",
    config: blob(new TextEncoder().encode("{}"), "application/vnd.oci.empty.v1+json"),
    layers: files.map((bytes) => blob(bytes, "application/vnd.example.model.weights")),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  registry.addManifest(repository, { bytes, mediaType: mediaTypes.ociManifest }, "v1");
  return `${registry.host}/${repository}:v1`;
}
