import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { decodeAuthConfig } from "@stowage/auth";
import { defaultSettings } from "@stowage/config";
import { StowageError } from "@stowage/errors";
import { type MadeImage, makeImage, smallImage } from "@stowage/image-fixtures";
import { diffIdsOf, imageSize } from "@stowage/images";
import { mount, unmount } from "@stowage/linux";
import { digestOf, parsePlatform } from "@stowage/oci";
import { parseReference, type Reference } from "@stowage/reference";
import {
  cutAfter,
  type FakeRegistry,
  type Fault,
  slow,
  stallAfter,
  status,
  times,
  when,
  withBody,
  withoutRanges,
} from "@stowage/registry-fake";
import { expect, test } from "vitest";
import { openStore, type Store } from "./index.ts";
import { scratchDirectory, scratchRegistry, scratchStore } from "./scratch.test.fixture.ts";

const privileged = test.skipIf(process.getuid?.() !== 0);
const amd64 = parsePlatform("linux/amd64");

interface Offered {
  readonly registry: FakeRegistry;
  readonly image: MadeImage;
  readonly tagged: Reference;
}

async function offerSmallImage(): Promise<Offered> {
  const registry = await scratchRegistry();
  const image = smallImage();
  registry.putImage("library/small", "1", image);
  return { registry, image, tagged: parseReference(`${registry.host}/library/small:1`) };
}

const blobRequests = (registry: FakeRegistry): readonly string[] =>
  registry.requests.filter(({ method, path }) => method === "GET" && path.includes("/blobs/")).map(({ path }) => path);

async function expectEmpty(store: Store, root: string): Promise<void> {
  expect(await store.images.list({ damagedToo: true })).toEqual([]);
  expect((await readdir(join(root, "storage", "overlay"))).toSorted()).toEqual(["l", "staging"]);
  expect(await readdir(join(root, "storage", "overlay", "staging"))).toEqual([]);
  expect((await store.images.account()).unaccounted).toEqual({ bytes: 0, inodes: 0, paths: [] });
}

test("pulls an image for this platform and finds it by every name it has", async () => {
  const { registry, image, tagged } = await offerSmallImage();
  const { images } = await scratchStore();
  const pulled = await images.pull(tagged, { platform: amd64 });
  const [made] = image.platforms;
  const repository = `${registry.host}/library/small`;
  expect(pulled).toMatchObject({
    id: made?.id,
    tags: [`${repository}:1`],
    digests: [`${repository}@${image.digest}`],
    user: "1000:1000",
    annotations: { "org.opencontainers.image.title": "small" },
    platform: amd64,
  });
  const hex = String(made?.id).slice("sha256:".length);
  const names = [
    hex,
    `sha256:${hex}`,
    hex.slice(0, 12),
    `sha256:${hex.slice(0, 5)}`,
    `${repository}:1`,
    `${repository}@${image.digest}`,
  ];
  names.push(`${repository}@${made?.manifest.digest}`, `${repository}:1@${image.digest}`, image.digest);
  for (const name of names) expect(await images.find(name), name).toEqual(pulled);
  for (const name of [hex.slice(1), `${repository}:2`, `${repository}x@${image.digest}`, "f".repeat(64)]) {
    expect(await images.find(name), name).toBeUndefined();
  }
});

test("asks the registry again for what is here, and fetches no layer twice", async () => {
  const { registry, tagged } = await offerSmallImage();
  const { images } = await scratchStore();
  const first = await images.pull(tagged);
  const before = blobRequests(registry).filter((path) => !path.endsWith(first.config.digest)).length;
  expect(await images.pull(tagged)).toEqual(first);
  expect(blobRequests(registry).filter((path) => !path.endsWith(first.config.digest))).toHaveLength(before);
  expect(registry.requests.filter(({ path }) => path.endsWith("/manifests/1"))).toHaveLength(2);
});

test("a pull by digest has no tag and exactly the digest that was asked for", async () => {
  const { registry, image } = await offerSmallImage();
  const { images } = await scratchStore();
  const text = `${registry.host}/library/small@${image.platforms[0]?.manifest.digest}`;
  expect(await images.pull(parseReference(text), { platform: amd64 })).toMatchObject({ tags: [], digests: [text] });
});

test("a tag moves to the image that it names now, and the old one keeps its digest", async () => {
  const { registry, image, tagged } = await offerSmallImage();
  const { images } = await scratchStore();
  const old = await images.pull(tagged);
  registry.putImage(
    "library/small",
    "1",
    makeImage({ platforms: [{ platform: "linux/amd64", layers: [{ files: [{ kind: "file", name: "new" }] }] }] }),
  );
  const moved = await images.pull(tagged, { platform: amd64 });
  expect(moved.id).not.toBe(old.id);
  expect(await images.find(old.id)).toMatchObject({
    tags: [],
    digests: [`${registry.host}/library/small@${image.digest}`],
  });
});

test("twenty pulls at once fetch every layer once and give one image", async () => {
  const { registry, tagged } = await offerSmallImage();
  registry.wrap(when(/blobs/, slow(20)));
  const { images } = await scratchStore();
  const pulled = await Promise.all(Array.from({ length: 20 }, () => images.pull(tagged)));
  expect(new Set(pulled.map(({ id }) => id)).size).toBe(1);
  const layers = blobRequests(registry).filter((path) => !path.endsWith(String(pulled[0]?.config.digest)));
  expect(layers).toHaveLength(new Set(layers).size);
});

test("one of two callers leaves, and the other gets the image", async () => {
  const { registry, tagged } = await offerSmallImage();
  registry.wrap(when(/blobs/, slow(100)));
  const { images } = await scratchStore();
  const leaving = new AbortController();
  const reason = new Error("no longer wanted");
  const left = images.pull(tagged, { signal: leaving.signal, onProgress: () => leaving.abort(reason) });
  const stayed = images.pull(tagged);
  await expect(left).rejects.toBe(reason);
  expect((await stayed).tags).toEqual([`${registry.host}/library/small:1`]);
});

test("a pull that is stopped leaves no image and nothing half done, and the next one succeeds", async () => {
  const { registry, image, tagged } = await offerSmallImage();
  const layer = String(image.platforms[0]?.layers[1]?.descriptor.digest);
  const fault = registry.wrap(when(new RegExp(layer), stallAfter(10)));
  const root = await scratchDirectory();
  const store = await scratchStore(root);
  const stopping = new AbortController();
  const pulling = store.images.pull(tagged, {
    platform: amd64,
    signal: stopping.signal,
    onProgress: (event) => {
      if (event.kind === "layer" && event.phase === "fetching" && event.bytes > 0 && event.digest === layer)
        stopping.abort(new Error("enough"));
    },
  });
  await expect(pulling).rejects.toThrow("enough");
  await expectEmpty(store, root);
  fault[Symbol.dispose]();
  await expect(store.images.pull(tagged, { platform: amd64 })).resolves.toBeDefined();
});

const someLayer = /blobs\/sha256:/;

/** From the first byte on, each time, so that no try gets further than the one before. */
const cutInOnePiece: Fault = (request, next) => cutAfter(100)(request, (asked) => withoutRanges()(asked, next));

test.for([
  {
    what: "other bytes than were named",
    fault: (image: MadeImage) =>
      when(new RegExp(String(image.platforms[0]?.layers[0]?.descriptor.digest)), withBody(gzipSync("other"))),
    code: "failed-precondition",
  },
  {
    what: "a layer that breaks off",
    fault: (image: MadeImage) =>
      when(new RegExp(String(image.platforms[0]?.layers[0]?.descriptor.digest)), cutInOnePiece),
    code: "unavailable",
  },
  {
    what: "no layer",
    fault: (image: MadeImage) =>
      when(new RegExp(String(image.platforms[0]?.layers[0]?.descriptor.digest)), status(404)),
    code: "not-found",
  },
  { what: "an error of its own", fault: () => when(someLayer, status(503)), code: "unavailable" },
  {
    what: "a refusal",
    fault: () => status(403, '{"errors":[{"code":"DENIED","message":"not for you"}]}'),
    code: "permission-denied",
  },
])("a registry that gives $what leaves no image, and the next pull succeeds", async ({ fault, code }) => {
  const { registry, image, tagged } = await offerSmallImage();
  const wrapped = registry.wrap(fault(image));
  const root = await scratchDirectory();
  const store = await scratchStore(root);
  await expect(store.images.pull(tagged, { platform: amd64 })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(/^Cannot .+: .+/),
  });
  await expectEmpty(store, root);
  wrapped[Symbol.dispose]();
  await store.images.pull(tagged, { platform: amd64 });
  expect(await store.images.list()).toHaveLength(1);
});

test("keeps for the retry the layers that had arrived whole", async () => {
  const { registry, image, tagged } = await offerSmallImage();
  const [first, second] = (image.platforms[0]?.layers ?? []).map(({ descriptor }) => descriptor.digest);
  const failLate: Fault = async (request, next) => {
    await setTimeout(300);
    return status(404)(request, next);
  };
  registry.wrap(when(new RegExp(String(second)), times(1, failLate)));
  const { images } = await scratchStore();
  await expect(images.pull(tagged, { platform: amd64 })).rejects.toMatchObject({ code: "not-found" });
  await images.pull(tagged, { platform: amd64 });
  expect(blobRequests(registry).filter((path) => path.endsWith(String(first)))).toHaveLength(1);
});

const file = (name: string) => ({ files: [{ kind: "file" as const, name, content: new TextEncoder().encode(name) }] });

// CVE-2014-8178, CVE-2014-8179: layers that are not what the config says
test.for([
  { what: "a diff id that is not its layer's", recipe: { layers: [file("a")], diffIds: [digestOf("something else")] } },
  { what: "a layer more than its config names", recipe: { layers: [file("a"), file("b")], diffIds: [digestOf("a")] } },
  {
    what: "a layer fewer than its config names",
    recipe: { layers: [file("a")], diffIds: [digestOf("a"), digestOf("b")] },
  },
])("refuses an image with $what", async ({ recipe }) => {
  const registry = await scratchRegistry();
  registry.putImage("bad", "1", makeImage({ platforms: [{ platform: "linux/amd64", ...recipe }] }));
  const root = await scratchDirectory();
  const store = await scratchStore(root);
  const pulling = store.images.pull(parseReference(`${registry.host}/bad:1`), { platform: amd64 });
  await expect(pulling).rejects.toMatchObject({ code: "failed-precondition" });
  await expectEmpty(store, root);
});

test("refuses a layer that is no tar, in one clear line", async () => {
  const registry = await scratchRegistry();
  const made = makeImage({ platforms: [{ platform: "linux/amd64", layers: [file("a")] }] });
  const [layer] = made.platforms[0]?.layers ?? [];
  const junk = gzipSync(new Uint8Array(2048).fill(7));
  const rename = (bytes: Uint8Array) =>
    Buffer.from(
      Buffer.from(bytes)
        .toString()
        .replaceAll(String(layer?.descriptor.digest), digestOf(junk))
        .replace(`"size":${layer?.descriptor.size}`, `"size":${junk.byteLength}`),
    );
  registry.putImage("bad", "1", {
    ...made,
    root: { ...made.root, bytes: rename(made.root.bytes) },
    blobs: [...made.blobs, junk],
  });
  const { images } = await scratchStore();
  await expect(images.pull(parseReference(`${registry.host}/bad:1`), { platform: amd64 })).rejects.toMatchObject({
    code: "invalid-argument",
  });
});

test.for([
  { platform: "linux/riscv64", says: /it is not there for linux\/riscv64, only for linux\/amd64, linux\/arm64/ },
  { platform: "windows/amd64", says: /only for linux\/amd64, linux\/arm64/ },
])("says what there is where $platform is not", async ({ platform, says }) => {
  const { tagged } = await offerSmallImage();
  const { images } = await scratchStore();
  await expect(images.pull(tagged, { platform: parsePlatform(platform) })).rejects.toMatchObject({
    code: "not-found",
    message: expect.stringMatching(says),
  });
});

test("refuses a single manifest that is for another platform", async () => {
  const registry = await scratchRegistry();
  registry.putImage("arm", "1", makeImage({ platforms: [{ platform: "linux/arm64", layers: [file("a")] }] }));
  const { images } = await scratchStore();
  await expect(images.pull(parseReference(`${registry.host}/arm:1`), { platform: amd64 })).rejects.toMatchObject({
    code: "not-found",
  });
});

// CVE-2024-40635: refused when it is pulled, so that no list ever has to say whom it means
test("refuses an image whose user is a number that wraps around", async () => {
  const registry = await scratchRegistry();
  registry.putImage(
    "root",
    "1",
    makeImage({ platforms: [{ platform: "linux/amd64", user: "4294967296", layers: [file("a")] }] }),
  );
  const { images } = await scratchStore();
  await expect(images.pull(parseReference(`${registry.host}/root:1`), { platform: amd64 })).rejects.toMatchObject({
    code: "invalid-argument",
  });
});

test("each caller is let in by its own credential, whatever is here already", async () => {
  const registry = await scratchRegistry({ authentication: { kind: "basic", users: { known: "right" } } });
  registry.putImage("private", "1", smallImage());
  const reference = parseReference(`${registry.host}/private:1`);
  const { images } = await scratchStore();
  const credential = (password: string) => decodeAuthConfig({ username: "known", password })?.credential;
  await images.pull(reference, { credential: credential("right") });
  await expect(images.pull(reference, { credential: credential("wrong") })).rejects.toMatchObject({
    code: "unauthenticated",
  });
  await expect(images.pull(reference)).rejects.toMatchObject({ code: "unauthenticated" });
});

test("removes an image with all its names and gives its disk back, but for what others have", async () => {
  const registry = await scratchRegistry();
  const shared = file("shared");
  registry.putImage("one", "1", makeImage({ platforms: [{ platform: "linux/amd64", layers: [shared, file("one")] }] }));
  registry.putImage("two", "1", makeImage({ platforms: [{ platform: "linux/amd64", layers: [shared, file("two")] }] }));
  const root = await scratchDirectory();
  const store = await scratchStore(root);
  const one = await store.images.pull(parseReference(`${registry.host}/one:1`), { platform: amd64 });
  const two = await store.images.pull(parseReference(`${registry.host}/two:1`), { platform: amd64 });
  const together = await store.images.usage();
  expect(together.bytes).toBeLessThan(imageSize(one) + imageSize(two));
  expect((await store.images.remove(`${registry.host}/one:1`))?.image.id).toBe(one.id);
  expect(await store.images.find(one.id)).toBeUndefined();
  expect(await store.images.remove(one.id)).toBeUndefined();
  expect((await store.images.usage()).bytes).toBe(imageSize(two));
  expect(await store.images.view(two)).toHaveLength(1);
  await store.images.remove(two.id);
  await expectEmpty(store, root);
  expect(await readdir(join(root, "content", "blobs", "sha256"))).toEqual([]);
});

test("knows after a restart what it had, and the next pull of it fetches no layer", async () => {
  const { registry, tagged } = await offerSmallImage();
  const root = await scratchDirectory();
  const before = await openStore({ root });
  const image = await before.images.pull(tagged);
  await before[Symbol.asyncDispose]();
  const asked = blobRequests(registry).length;
  const store = await scratchStore(root);
  expect(await store.images.list()).toEqual([image]);
  await store.images.pull(tagged);
  expect(blobRequests(registry).length - asked).toBeLessThanOrEqual(1);
});

test("collects what a crash left without an image, and nothing else", async () => {
  const { tagged } = await offerSmallImage();
  const root = await scratchDirectory();
  const before = await openStore({ root });
  const image = await before.images.pull(tagged);
  await before[Symbol.asyncDispose]();
  execFileSync("sh", ["-c", `cd "$0" && rm stowage.db*`, root]);
  const store = await scratchStore(root);
  await store.images.collect();
  expect((await readdir(join(root, "storage", "overlay"))).toSorted()).toEqual(["l", "staging"]);
  const again = await store.images.pull(tagged);
  expect(again.id).toBe(image.id);
  await store.images.collect();
  expect(await store.images.view(again)).toHaveLength(1);
});

test("knows what takes the disk also where a layer has lost its record, below another one", async () => {
  const { tagged } = await offerSmallImage();
  const root = await scratchDirectory();
  const { images } = await scratchStore(root);
  const [bottom] = (await images.pull(tagged, { platform: amd64 })).layers;
  const records = globSync(join(root, "storage/overlay/*/stowage.json"));
  const lowest = records.filter((path) => readFileSync(path, "utf8").includes(`"diffId":"${bottom?.diffId}"`));
  for (const path of lowest) await rm(path);
  const leftovers = async () => (await images.account()).lines.find(({ kind }) => kind === "leftovers")?.inodes;
  expect(await leftovers()).toBeGreaterThan(0);
  expect((await images.account()).unaccounted.paths).toEqual([]);
  await images.check({ level: "sizes" });
  expect((await images.repair()).map(({ failure }) => failure)).toEqual([undefined]);
  expect(await leftovers()).toBe(0);
});

test("reading from a store that was just opened takes nothing away", async () => {
  const { tagged } = await offerSmallImage();
  const root = await scratchDirectory();
  const first = await scratchStore(root);
  const image = await first.images.pull(tagged, { platform: amd64 });
  await first[Symbol.asyncDispose]();
  const { images } = await scratchStore(root);
  for (let times = 0; times < 2; times += 1) {
    for (const { digest } of [image.manifest, image.config, ...image.layers.map(({ blob }) => blob)]) {
      const bytes = Buffer.concat(await Array.fromAsync(images.readBlob(image, digest)));
      expect(digestOf(bytes)).toBe(digest);
    }
  }
  expect((await images.check({ level: "digests" })).findings).toEqual([]);
});

test("one process at a time: the second is told who has it", async () => {
  const root = await scratchDirectory();
  await scratchStore(root);
  await expect(openStore({ root })).rejects.toMatchObject({
    code: "failed-precondition",
    message: expect.stringContaining(`process ${process.pid} holds it`),
  });
});

test("an unknown host and one that refuses are told apart from everything else, by name", async () => {
  const { images } = await scratchStore();
  for (const host of ["registry.invalid", "127.0.0.1:1"]) {
    const pulling = images.pull(parseReference(`${host}/x:1`));
    await expect(pulling).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining(host) });
  }
});

privileged(
  "a disk that is full is said to be full; space is given back and the next pull works (needs root for a mount)",
  async () => {
    const registry = await scratchRegistry();
    const big = { files: [{ kind: "file" as const, name: "big", content: new Uint8Array(8 * 1024 * 1024) }] };
    registry.putImage("big", "1", makeImage({ platforms: [{ platform: "linux/amd64", layers: [big] }] }));
    registry.putImage("small", "1", smallImage());
    const root = await scratchDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", root]);
    try {
      const store = await openStore({ root });
      const pulling = store.images.pull(parseReference(`${registry.host}/big:1`), { platform: amd64 });
      await expect(pulling).rejects.toSatisfy(
        (error) => error instanceof StowageError && error.code === "resource-exhausted",
      );
      await expectEmpty(store, root);
      await store.images.pull(parseReference(`${registry.host}/small:1`));
      expect(await store.images.list()).toHaveLength(1);
      await store[Symbol.asyncDispose]();
    } finally {
      execFileSync("umount", [root]);
    }
  },
);

privileged("shows the root file system that the layers make together (needs root for a mount)", async () => {
  const { tagged } = await offerSmallImage();
  const root = await scratchDirectory();
  const { images } = await scratchStore(root);
  const image = await images.pull(tagged, { platform: amd64 });
  const target = join(root, "mnt");
  await mkdir(target);
  for (const request of await images.view(image)) mount({ ...request, target });
  try {
    expect(await readFile(join(target, "etc/motd"), "utf8")).toBe("All stowed\n");
    expect(await readFile(join(target, "etc/platform"), "utf8")).toBe("linux/amd64\n");
    expect(await readFile(join(target, "bin/greet"), "utf8")).toContain("hello");
    expect(existsSync(join(target, "home/user/old"))).toBe(false);
    await images.remove(image.id);
    expect(await readFile(join(target, "home/user/new"), "utf8")).toBe("on top\n");
  } finally {
    unmount(target);
  }
  await images.collect();
  expect((await readdir(join(root, "storage", "overlay"))).toSorted()).toEqual(["l", "staging"]);
});

privileged(
  "an image of 130 layers is mounted like one of two (needs root for a mount)",
  async () => {
    const registry = await scratchRegistry();
    const layers = Array.from({ length: 130 }, (_, at) => file(`layer-${at}`));
    registry.putImage("deep", "1", makeImage({ platforms: [{ platform: "linux/amd64", layers }] }));
    const root = await scratchDirectory();
    const { images } = await scratchStore(root);
    const image = await images.pull(parseReference(`${registry.host}/deep:1`), { platform: amd64 });
    const target = join(root, "mnt");
    await mkdir(target);
    for (const request of await images.view(image)) mount({ ...request, target });
    try {
      expect(await readdir(target)).toHaveLength(130);
    } finally {
      unmount(target);
    }
  },
  120_000,
);

// CVE-2024-25621: a setuid file in a layer must be out of reach of other users
test("what is in the store is out of reach of other users, whatever the umask", async () => {
  const root = join(await scratchDirectory(), "store");
  const umask = process.umask(0);
  try {
    await scratchStore(root);
  } finally {
    process.umask(umask);
  }
  const mode = async (path: string) => (await stat(join(root, path))).mode & 0o777;
  expect(await mode(".")).toBe(0o700);
  expect(await mode("lock")).toBe(0o600);
  expect(await mode("content")).toBe(0o700);
});

test("knows what containers wrote for what it is, and keeps the layers below it", async () => {
  const { tagged } = await offerSmallImage();
  const root = await scratchDirectory();
  const before = await scratchStore(root);
  const image = await before.images.pull(tagged);
  await before.writable.create("web-1", diffIdsOf(image));
  await writeFile(join(root, "storage", "writable", "web-1", "diff", "log"), "written");
  await before[Symbol.asyncDispose]();
  const { images, writable } = await scratchStore(root);
  await images.remove(image.id);
  await images.collect();
  expect(await writable.mounts("web-1")).toHaveLength(1);
  const { lines, unaccounted } = await images.account();
  expect(unaccounted).toEqual({ bytes: 0, inodes: 0, paths: [] });
  expect(lines.find(({ kind }) => kind === "writable")).toMatchObject({ inodes: 5 });
  await writable.remove("web-1");
  await images.collect();
  expect((await images.account()).lines.find(({ kind }) => kind === "leftovers")).toMatchObject({ inodes: 0 });
});

privileged("keeps layers without overlayfs where it is told to (needs root for a mount)", async () => {
  const { tagged } = await offerSmallImage();
  const root = await scratchDirectory();
  const settings = { root, snapshotter: "native" } as const;
  const target = await scratchDirectory();
  await using store = await openStore({ ...settings, pull: { ...defaultSettings.pull, lease: 0 } });
  const image = await store.images.pull(tagged, { platform: amd64 });
  const [request] = await store.images.view(image);
  expect(request).toMatchObject({ type: "bind" });
  if (request !== undefined) mount({ ...request, target });
  try {
    expect(await readFile(join(target, "etc/motd"), "utf8")).toBe("All stowed\n");
    expect(existsSync(join(target, "home/user/old"))).toBe(false);
    expect(await readFile(join(target, "home/user/new"), "utf8")).toBe("on top\n");
    await store.images.remove(image.id);
    expect((await store.images.account()).unaccounted.paths).toEqual([]);
  } finally {
    unmount(target);
  }
  await store.images.collect();
  expect(await readdir(join(root, "storage", "native"))).toEqual(["staging"]);
});
