import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeArtifact, smallImage } from "@stowage/image-fixtures";
import { imageSize } from "@stowage/images";
import { type Digest, encodedOf } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import type { FakeRegistry } from "@stowage/registry-fake";
import { expect, test } from "vitest";
import { scratchDirectory, scratchRegistry, scratchStore } from "./scratch.test.fixture.ts";

const model = makeArtifact({
  artifactType: "application/vnd.example.model.v1",
  files: [
    { title: "weights.bin", mediaType: "application/vnd.example.weights", content: "w".repeat(100_000) },
    { title: "README.md", mediaType: "text/markdown", content: "# A model" },
  ],
});
const chart = makeArtifact({
  artifactType: "application/vnd.example.chart.v1",
  files: [{ title: "chart.tgz", mediaType: "application/gzip", content: "no tar at all" }],
});

async function offer(): Promise<{ registry: FakeRegistry; name: (tag: string) => string }> {
  const registry = await scratchRegistry();
  registry.putImage("team/model", "1", model);
  registry.putImage("team/chart", "1", chart);
  return { registry, name: (repository) => `${registry.host}/team/${repository}:1` };
}

const blobAt = (root: string, digest: Digest) => join(root, "content", "blobs", "sha256", encodedOf(digest));

test("IMG-35: keeps an artifact as it came, and answers about it by every name", async () => {
  const { registry, name } = await offer();
  const { images, root } = await scratchStore();
  const pulled = await images.pull(parseReference(name("model")));
  expect(pulled).toMatchObject({ id: model.digest, layers: [], tags: [name("model")], user: "", damage: [] });
  expect(pulled.files).toEqual(model.files.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })));
  expect(imageSize(pulled)).toBeGreaterThan(100_000);
  for (const text of [model.digest, encodedOf(model.digest).slice(0, 8), `${registry.host}/team/model@${model.digest}`])
    expect(await images.find(text), text).toEqual(pulled);
  for (const { digest, size } of model.files) expect((await stat(blobAt(root, digest))).size).toBe(size);
  expect(Buffer.from(await images.readConfig(pulled)).toString()).toBe("{}");
  await expect(images.view(pulled)).rejects.toMatchObject({ code: "failed-precondition" });
  expect((await images.account()).unaccounted.bytes).toBe(0);
});

test("tells artifacts apart that have the same empty config, and forgets one without the other", async () => {
  const { name } = await offer();
  const { images, root } = await scratchStore();
  const [first, second] = [
    await images.pull(parseReference(name("model"))),
    await images.pull(parseReference(name("chart"))),
  ];
  expect(first.config).toEqual(second.config);
  expect((await images.list()).map(({ id }) => id)).toEqual([model.digest, chart.digest]);
  await images.remove(first.id, { endLease: true });
  for (const { digest } of model.files) await expect(stat(blobAt(root, digest))).rejects.toThrow("ENOENT");
  for (const { digest } of chart.files) await stat(blobAt(root, digest));
  expect(await images.readConfig(second)).toHaveLength(2);
});

test("is there after a restart, and what it loses is found and brought again, alone", async () => {
  const { registry, name } = await offer();
  const root = await scratchDirectory();
  {
    await using store = await scratchStore(root);
    await store.images.pull(parseReference(name("model")));
    await store.images.collect();
  }
  const { images } = await scratchStore(root);
  expect((await images.check({ level: "digests" })).findings).toEqual([]);
  const [lost, kept] = model.files;
  if (lost === undefined || kept === undefined) throw new Error("the model has two files");
  await rm(blobAt(root, lost.digest));
  expect((await images.check({ level: "sizes" })).findings).toMatchObject([{ why: "is missing" }]);
  expect(await images.list()).toEqual([]);
  const before = registry.requests.length;
  const mended = await images.pull(parseReference(name("model")));
  expect(mended.damage).toEqual([]);
  const asked = registry.requests
    .slice(before)
    .map(({ path }) => path)
    .filter((path) => path.includes("/blobs/"));
  expect(asked.map((path) => path.split("/").at(-1))).toEqual([lost.digest]);
});

test("an artifact and an image beside each other leave nothing when both are removed", async () => {
  const { registry, name } = await offer();
  registry.putImage("team/app", "1", smallImage());
  const { images } = await scratchStore();
  for (const repository of ["model", "app"]) await images.pull(parseReference(name(repository)));
  for (const repository of ["model", "app"]) await images.remove(name(repository), { endLease: true });
  expect(await images.usage()).toEqual({ bytes: 0, inodes: 0 });
});
