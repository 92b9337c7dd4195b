import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { defaultSettings } from "@stowage/config";
import { type MadeImage, makeImage } from "@stowage/image-fixtures";
import { type Descriptor, digestOf, parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { badBody, type Fault, stallAfter, status, when } from "@stowage/registry-fake";
import { unpackLimits } from "@stowage/unpack";
import { expect, test } from "vitest";
import { openStore } from "./index.ts";
import { scratchDirectory, scratchRegistry, scratchStore } from "./scratch.test.fixture.ts";

const platform = parsePlatform("linux/amd64");
const file = (name: string) => ({ files: [{ kind: "file" as const, name, content: new TextEncoder().encode(name) }] });
const oneLayer = (): MadeImage => makeImage({ platforms: [{ platform: "linux/amd64", layers: [file("a")] }] });

/** The same image, its manifest saying something else of its layer. */
function retold(image: MadeImage, layer: Partial<Record<keyof Descriptor, unknown>>): MadeImage {
  const manifest = JSON.parse(Buffer.from(image.root.bytes).toString());
  manifest.layers[0] = { ...manifest.layers[0], ...layer };
  return { ...image, root: { ...image.root, bytes: Buffer.from(JSON.stringify(manifest)) } };
}

test("a manifest does not get at a layer that is here by naming a blob that nobody has", async () => {
  const [honest, other] = [await scratchRegistry(), await scratchRegistry()];
  const { images } = await scratchStore();
  honest.putImage("private", "1", oneLayer());
  await images.pull(parseReference(`${honest.host}/private:1`), { platform });
  other.putImage("thief", "1", retold(oneLayer(), { digest: digestOf("never made") }));
  await expect(images.pull(parseReference(`${other.host}/thief:1`), { platform })).rejects.toMatchObject({
    code: "not-found",
  });
  expect(await images.list()).toHaveLength(1);
});

test("a layer that comes here in other bytes is fetched and verified, and stands once", async () => {
  const registry = await scratchRegistry();
  const root = await scratchDirectory();
  const { images } = await scratchStore(root);
  const layers = [file("a")];
  registry.putImage("gzip", "1", makeImage({ platforms: [{ platform: "linux/amd64", layers }] }));
  registry.putImage(
    "zstd",
    "1",
    makeImage({ platforms: [{ platform: "linux/amd64", layers: [{ ...file("a"), compression: "zstd" }] }] }),
  );
  const first = await images.pull(parseReference(`${registry.host}/gzip:1`), { platform });
  const second = await images.pull(parseReference(`${registry.host}/zstd:1`), { platform });
  expect(second.id).toBe(first.id);
  expect(second.layers[0]?.blob.digest).not.toBe(first.layers[0]?.blob.digest);
  expect(await readdir(join(root, "storage", "overlay", "l"))).toHaveLength(1);
});

test("the size that a manifest gives a blob that is here has to be the blob's", async () => {
  const registry = await scratchRegistry();
  const { images } = await scratchStore();
  registry.putImage("honest", "1", oneLayer());
  await images.pull(parseReference(`${registry.host}/honest:1`), { platform });
  const before = await images.usage();
  registry.putImage("liar", "1", retold(oneLayer(), { size: 2 ** 36 }));
  await expect(images.pull(parseReference(`${registry.host}/liar:1`), { platform })).rejects.toMatchObject({
    code: "failed-precondition",
  });
  expect(await images.usage()).toEqual(before);
});

const failLate: Fault = async (request, next) => {
  await setTimeout(300);
  return status(503)(request, next);
};

test("ten callers of a layer that fails ask for it as often as one, and all are told", async () => {
  const registry = await scratchRegistry();
  registry.putImage("a", "1", oneLayer());
  const layer = String(oneLayer().platforms[0]?.layers[0]?.descriptor.digest);
  registry.wrap(when(new RegExp(layer), failLate));
  const { images } = await scratchStore();
  const pulls = Array.from({ length: 10 }, () => images.pull(parseReference(`${registry.host}/a:1`), { platform }));
  for (const { status: how } of await Promise.allSettled(pulls)) expect(how).toBe("rejected");
  expect(registry.requests.filter(({ path }) => path.endsWith(layer))).toHaveLength(5);
});

test("a mirror that sends other bytes of a layer does not keep the repository's own host from being asked", async () => {
  const [mirror, origin] = [await scratchRegistry(), await scratchRegistry()];
  for (const registry of [mirror, origin]) registry.putImage("a", "1", oneLayer());
  const layer = String(oneLayer().platforms[0]?.layers[0]?.descriptor.digest);
  mirror.wrap(when(new RegExp(layer), badBody()));
  const hostsDir = await scratchDirectory();
  const directory = join(hostsDir, origin.host.replace(/:(\d+)$/, "_$1_"));
  await mkdir(directory);
  await writeFile(join(directory, "hosts.toml"), `server = "${origin.origin}"\n[host."${mirror.origin}"]\n`);
  const { images } = await scratchStore(undefined, { hostsDirs: [hostsDir] });
  const image = await images.pull(parseReference(`${origin.host}/a:1`), { platform });
  expect(image.layers).toHaveLength(1);
  expect(mirror.requests.filter(({ path }) => path.includes(layer))).toHaveLength(1);
  expect(origin.requests.filter(({ path }) => path.includes(layer))).toHaveLength(1);
});

test("a registry that stalls does not hold up the same image from another one", async () => {
  const [stalling, good] = [await scratchRegistry(), await scratchRegistry()];
  for (const registry of [stalling, good]) registry.putImage("a", "1", oneLayer());
  const layer = String(oneLayer().platforms[0]?.layers[0]?.descriptor.digest);
  stalling.wrap(when(new RegExp(layer), stallAfter(1)));
  const { images } = await scratchStore();
  const leaving = new AbortController();
  const stalled = images.pull(parseReference(`${stalling.host}/a:1`), { platform, signal: leaving.signal });
  stalled.catch(() => undefined);
  await expect.poll(() => stalling.requests.some(({ path }) => path.endsWith(layer))).toBe(true);
  await images.pull(parseReference(`${good.host}/a:1`), { platform });
  leaving.abort(new Error("enough"));
  await expect(stalled).rejects.toThrow("enough");
});

test("closing the store stops a pull, waits for it, and only then lets another process in", async () => {
  const registry = await scratchRegistry();
  registry.putImage("a", "1", oneLayer());
  const layer = String(oneLayer().platforms[0]?.layers[0]?.descriptor.digest);
  registry.wrap(when(new RegExp(layer), stallAfter(1)));
  const root = await scratchDirectory();
  const store = await openStore({ root });
  let ended = false;
  const pulling = store.images.pull(parseReference(`${registry.host}/a:1`), { platform }).finally(() => {
    ended = true;
  });
  pulling.catch(() => undefined);
  await expect.poll(() => registry.requests.some(({ path }) => path.endsWith(layer))).toBe(true);
  await store[Symbol.asyncDispose]();
  expect(ended).toBe(true);
  await expect(pulling).rejects.toMatchObject({ code: "unavailable" });
  expect(await readdir(join(root, "content", "ingest"))).toHaveLength(1); // for the next try
  expect(await readdir(join(root, "storage", "overlay", "staging"))).toEqual([]);
  await scratchStore(root);
});

test.for([
  { what: "its root is a file", prepare: (root: string) => writeFile(root, "") },
  { what: "its lock is a directory", prepare: (root: string) => mkdir(join(root, "lock"), { recursive: true }) },
  { what: "its index is a directory", prepare: (root: string) => mkdir(join(root, "stowage.db"), { recursive: true }) },
  {
    what: "its content is a file",
    prepare: async (root: string) => {
      await mkdir(root);
      await writeFile(join(root, "content"), "");
    },
  },
])("a store that cannot be opened because $what says so in one line", async ({ prepare }) => {
  const root = join(await scratchDirectory(), "store");
  await prepare(root);
  await expect(openStore({ root })).rejects.toMatchObject({
    code: "failed-precondition",
    message: expect.stringMatching(/^Cannot open .+: .+$/),
  });
});

test("an index of thousands of platforms is told of in a line", async () => {
  const registry = await scratchRegistry();
  const made = oneLayer();
  const manifests = Array.from({ length: 4000 }, (_, at) => ({
    ...made.platforms[0]?.manifest,
    platform: { os: "linux", architecture: `cpu${at}` },
  }));
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  registry.putImage("many", "1", { root: { bytes, mediaType }, documents: [], blobs: [] });
  const { images } = await scratchStore();
  const error: unknown = await images
    .pull(parseReference(`${registry.host}/many:1`), { platform })
    .catch((failure: unknown) => failure);
  expect(error).toMatchObject({ code: "not-found" });
  expect(String(error).length).toBeLessThan(500);
});

test.for([
  { what: "entries", limits: { layerEntries: 1 } },
  { what: "names in a path", limits: { pathDepth: 2 } },
  { what: "bytes", limits: { layerBytes: 1024 } },
])("refuses a layer with more $what than the settings allow", async ({ limits }) => {
  const registry = await scratchRegistry();
  registry.putImage(
    "a",
    "1",
    makeImage({
      platforms: [{ platform: "linux/amd64", layers: [{ files: [...file("a/b/c/d").files, ...file("d").files] }] }],
    }),
  );
  const root = await scratchDirectory();
  await using store = await openStore({ root, limits: { ...defaultSettings.limits, ...limits } });
  const pull = store.images.pull(parseReference(`${registry.host}/a:1`), { platform });
  await expect(pull).rejects.toMatchObject({ code: "invalid-argument" });
  expect(await store.images.list()).toEqual([]);
});

test("allows by default what the unpacker does", () => {
  const { layerBytes: bytes, layerEntries: entries, pathDepth: depth, expansion, headerBytes } = defaultSettings.limits;
  expect(unpackLimits).toMatchObject({ bytes, entries, depth, expansion, headerBytes });
});
