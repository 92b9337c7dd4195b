import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layerIdOf } from "@stowage/containers-storage";
import type { Image } from "@stowage/images";
import { makeDirectory, mount, unmount } from "@stowage/linux";
import { type Digest, digestOf, mediaTypes } from "@stowage/oci";
import { expect, onTestFinished, test } from "vitest";
import { createAdditionalStore, openConsumers } from "./index.ts";

const bytesOf = (text: string, algorithm?: "sha512"): Digest => digestOf(Buffer.from(text), algorithm);

function imageOf(name: string, changes: Partial<Image> = {}): Image {
  const diffIds = [bytesOf("base"), bytesOf(`layer of ${name}`)];
  const config = { mediaType: mediaTypes.ociConfig, digest: bytesOf(`config of ${name}`), size: 10 };
  return {
    id: config.digest,
    manifest: { mediaType: mediaTypes.ociManifest, digest: bytesOf(`manifest of ${name}`), size: 20 },
    config,
    layers: diffIds.map((diffId) => ({
      blob: { mediaType: mediaTypes.ociLayerGzip, digest: bytesOf(`blob of ${diffId}`), size: 30 },
      kept: false,
      diffId,
      bytes: 1,
      inodes: 1,
    })),
    platform: { os: "linux", architecture: "amd64" },
    user: "",
    annotations: {},
    tags: [`example.com/${name}:1`],
    digests: [],
    pins: [],
    publishedAt: 0,
    damage: [],
    ...changes,
  };
}

async function scratchRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "stowage-additional-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

async function open(root: string, consumers: readonly string[] = []) {
  for (const kind of ["layers", "images"]) await makeDirectory(join(root, `overlay-${kind}`));
  return createAdditionalStore({
    root,
    blobPath: (digest) => join(root, "blobs", digest),
    snapshots: { find: async (chain) => ({ chain, bytes: 1, inodes: 1, tarSize: 1024 }) },
    consumers: openConsumers(consumers),
    durability: "full",
  });
}

interface Shown {
  readonly id: string;
  readonly names?: readonly string[];
}

async function shown(root: string, kind: "images" | "layers"): Promise<readonly Shown[]> {
  return JSON.parse(await readFile(join(root, `overlay-${kind}`, `${kind}.json`), "utf8"));
}

const namesIn = async (root: string) => (await shown(root, "images")).flatMap(({ names = [] }) => names);
const readers = (root: string) => join(root, "overlay-images/images.lock");

test("tells of images and of their layers, each once, and of their documents by links", async () => {
  const root = await scratchRoot();
  const store = await open(root);
  const [one, two] = [imageOf("one"), imageOf("two")];
  await store.show([one, two]);
  expect(await namesIn(root)).toEqual(["example.com/one:1", "example.com/two:1"]);
  expect(await shown(root, "layers")).toHaveLength(3);
  const documents = join(root, "overlay-images", one.id.slice("sha256:".length));
  expect(await readlink(join(documents, "manifest"))).toBe(`../../blobs/${one.manifest.digest}`);
  await store.show([two]);
  expect(await namesIn(root)).toEqual(["example.com/two:1"]);
  expect(await shown(root, "layers")).toHaveLength(2);
  await expect(stat(documents)).rejects.toThrow("ENOENT");
});

test.for<{ readonly what: string; readonly changes: Partial<Image> }>([
  { what: "of another runtime handler", changes: { handler: "kata" } },
  { what: "of another snapshotter", changes: { snapshotter: "native" } },
  { what: "that is an artifact", changes: { files: [], layers: [] } },
  { what: "without layers", changes: { layers: [] } },
  { what: "with an id of SHA-512", changes: { id: bytesOf("c", "sha512") } },
  {
    what: "with a manifest of SHA-512",
    changes: { manifest: { mediaType: "m", digest: bytesOf("m", "sha512"), size: 1 } },
  },
])("does not tell of an image $what, and tells of the others", async ({ changes }) => {
  const root = await scratchRoot();
  await (await open(root)).show([imageOf("odd", changes), imageOf("even")]);
  expect(await namesIn(root)).toEqual(["example.com/even:1"]);
});

test("writes nothing where nothing has changed, also in another process", async () => {
  const root = await scratchRoot();
  await (await open(root)).show([imageOf("one")]);
  const before = await readFile(readers(root));
  await (await open(root)).show([imageOf("one")]);
  expect(await readFile(readers(root))).toEqual(before);
  await (await open(root)).show([]);
  expect((await readFile(readers(root))).equals(before)).toBe(false);
});

test("puts right what an earlier process has left beside the records", async () => {
  const root = await scratchRoot();
  const image = imageOf("one");
  await (await open(root)).show([image]);
  const documents = join(root, "overlay-images", image.id.slice("sha256:".length));
  await rm(documents, { recursive: true });
  const stray = join(root, "overlay-images", "0".repeat(64));
  await makeDirectory(stray);
  await (await open(root)).show([image]);
  expect(await readlink(join(documents, "manifest"))).toContain(image.manifest.digest);
  await expect(stat(stray)).rejects.toThrow("ENOENT");
});

test("goes on telling of a layer, and of those below it, on which something of others stands", async () => {
  const [root, consumer] = [await scratchRoot(), await scratchRoot()];
  await makeDirectory(join(consumer, "overlay-layers"));
  const image = imageOf("one");
  const diffIds = image.layers.map(({ diffId }) => diffId);
  const records = join(consumer, "overlay-layers/volatile-layers.json");
  await writeFile(records, JSON.stringify([{ id: "theirs", parent: layerIdOf(diffIds) }]));
  const store = await open(root, [consumer]);
  await store.show([image, imageOf("two")]);
  await store.show([]);
  expect((await shown(root, "layers")).map(({ id }) => id)).toEqual([
    layerIdOf(diffIds.slice(0, 1)),
    layerIdOf(diffIds),
  ]);
  await writeFile(records, "[]");
  await store.show([]);
  expect(await shown(root, "layers")).toEqual([]);
});

test("waits until nobody reads", async () => {
  const root = await scratchRoot();
  const store = await open(root);
  await store.show([]);
  const script =
    "import fcntl,sys; f=open(sys.argv[1]); fcntl.lockf(f, fcntl.LOCK_SH); print('held', flush=True); sys.stdin.read()";
  const reader = spawn("python3", ["-c", script, readers(root)], { stdio: ["pipe", "pipe", "inherit"] });
  await once(reader.stdout, "data");
  let isShown = false;
  const showing = store.show([imageOf("one")]).then(() => {
    isShown = true;
  });
  await expect.poll(async () => await shown(root, "layers")).toHaveLength(2); // that lock is another one
  expect([isShown, await namesIn(root)]).toEqual([false, []]);
  reader.stdin.end();
  await showing;
  expect(await namesIn(root)).toEqual(["example.com/one:1"]);
});

test.skipIf(process.getuid?.() !== 0)(
  "takes back what it has told of on a disk that is full (needs root)",
  async () => {
    const root = await scratchRoot();
    mount({ type: "tmpfs", source: "tmpfs", target: root, options: ["size=1m"] });
    onTestFinished(() => unmount(root, { lazy: true }));
    const store = await open(root);
    const images = Array.from({ length: 100 }, (_, at) => imageOf(`image-${at}`));
    await store.show(images);
    try {
      execFileSync("sh", ["-c", 'cat /dev/zero > "$1/rest"', "sh", root], { stdio: "ignore" });
    } catch {
      // until nothing goes in any more
    }
    await store.show(images.slice(50));
    expect(await namesIn(root)).toHaveLength(50);
    await store.show([]);
    expect([await namesIn(root), await shown(root, "layers")]).toEqual([[], []]);
    expect((await readdir(join(root, "overlay-images"))).toSorted()).toEqual([
      "images.json",
      "images.json.new",
      "images.lock",
    ]);
  },
);
