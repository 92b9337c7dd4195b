import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { makeArtifact, makeImage, smallImage } from "@stowage/image-fixtures";
import { imageSize } from "@stowage/images";
import { type Digest, digestOf, encodedOf, mediaTypes, parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { type FakeRegistry, stallAfter, when } from "@stowage/registry-fake";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "./index.ts";
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

test("an artifact that is here is answered though its registry stalls with all its turns taken", async () => {
  const { registry, name } = await offer();
  const { images } = await scratchStore();
  await images.pull(parseReference(name("model")));
  registry.wrap(when(/blobs/, stallAfter(1)));
  registry.putImage("team/app", "1", imageOfLayers(6));
  const leaving = new AbortController();
  const stuck = images.pull(parseReference(name("app")), { signal: leaving.signal });
  stuck.catch(() => undefined);
  await expect.poll(() => registry.requests.filter(({ path }) => path.includes("/blobs/")).length).toBeGreaterThan(3);
  expect((await images.pull(parseReference(name("model")))).id).toBe(model.digest);
  leaving.abort(new Error("enough"));
});

/** An image whose registry has to be asked for so many layers. */
function imageOfLayers(count: number) {
  const layers = Array.from({ length: count }, (_, at) => ({
    files: [{ kind: "file" as const, name: `f${at}`, content: Buffer.from(`${at}`) }],
  }));
  return makeImage({ platforms: ["linux/amd64", "linux/arm64"].map((platform) => ({ platform, layers })) });
}

/** The model with other words in its manifest, signed by nobody. */
function changed(change: (manifest: Manifest) => void) {
  const manifest: Manifest = JSON.parse(Buffer.from(model.root.bytes).toString());
  change(manifest);
  return { ...model, root: { ...model.root, bytes: Buffer.from(JSON.stringify(manifest)) } };
}

interface Manifest {
  config: { mediaType: string; digest: string; size: number };
  layers: { digest: string; size: number }[];
}

test.for([
  {
    what: "a file is larger than anything may be",
    code: "invalid-argument",
    change: ({ layers }: Manifest) => void Object.assign(layers[0] ?? {}, { size: 2 ** 53 - 1 }),
  },
  {
    what: "one file is said to have two sizes",
    code: "failed-precondition",
    change: ({ layers }: Manifest) => void layers.push({ ...(layers[0] ?? { digest: "", size: 0 }), size: 7 }),
  },
])("refuses an artifact of which $what, and gives nothing up for it", async ({ code, change }) => {
  const { registry, name } = await offer();
  registry.putImage("team/odd", "1", changed(change));
  registry.putImage("team/app", "1", smallImage());
  const content = { ...defaultSettings.content, retain: "all" as const };
  const store = await openStore({ root: await scratchDirectory(), content });
  onTestFinished(() => store[Symbol.asyncDispose]());
  const { images } = store;
  const app = await images.pull(parseReference(name("app")));
  await expect(images.pull(parseReference(name("odd")))).rejects.toMatchObject({ code });
  expect((await images.find(app.id))?.layers.map(({ kept }) => kept)).toEqual(app.layers.map(() => true));
  expect(await images.list()).toHaveLength(1);
});

test("a document that is both a manifest and a config stays what it was first", async () => {
  const { registry, name } = await offer();
  const both = changed((manifest) =>
    Object.assign(manifest, { os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [] } }),
  );
  const config = { mediaType: mediaTypes.ociConfig, digest: digestOf(both.root.bytes), size: both.root.bytes.length };
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [] };
  const bytes = Buffer.from(JSON.stringify(manifest));
  registry.putImage("team/both", "1", both);
  registry.putImage("evil/app", "1", {
    root: { bytes, mediaType: mediaTypes.ociManifest },
    documents: [],
    blobs: [both.root.bytes],
  });
  const { images } = await scratchStore();
  const artifact = await images.pull(parseReference(name("both")));
  const evil = parseReference(`${registry.host}/evil/app:1`);
  await expect(images.pull(evil, { platform: parsePlatform("linux/amd64") })).rejects.toMatchObject({
    code: "failed-precondition",
  });
  expect(await images.find(artifact.id)).toEqual(artifact);
});

test.for([
  { what: "an image's", bytes: undefined, isArtifact: false },
  { what: "no image's", bytes: Buffer.from("a: b"), isArtifact: true },
])("takes a config of no type for $what if it reads so", async ({ bytes, isArtifact }) => {
  const { registry, name } = await offer();
  const image = smallImage();
  const [first] = image.platforms;
  if (first === undefined) throw new Error("the image is for a platform");
  const manifest = image.documents.find((document) => digestOf(document.bytes) === first.manifest.digest);
  const said: Manifest = JSON.parse(Buffer.from(manifest?.bytes ?? []).toString());
  said.config.mediaType = "application/octet-stream";
  if (bytes !== undefined) Object.assign(said.config, { digest: digestOf(bytes), size: bytes.length });
  const root = { bytes: Buffer.from(JSON.stringify(said)), mediaType: mediaTypes.ociManifest };
  const blobs = bytes === undefined ? image.blobs : [...image.blobs, bytes];
  registry.putImage("team/untyped", "1", { root, documents: [], blobs });
  const { images } = await scratchStore();
  const pulled = await images.pull(parseReference(name("untyped")), { platform: first.platform });
  expect(pulled.files !== undefined).toBe(isArtifact);
});

test("an artifact and an image beside each other leave nothing when both are removed", async () => {
  const { registry, name } = await offer();
  registry.putImage("team/app", "1", smallImage());
  const { images } = await scratchStore();
  for (const repository of ["model", "app"]) await images.pull(parseReference(name(repository)));
  for (const repository of ["model", "app"]) await images.remove(name(repository), { endLease: true });
  expect(await images.usage()).toEqual({ bytes: 0, inodes: 0 });
});
