import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultSettings, type Settings } from "@stowage/config";
import { makeImage } from "@stowage/image-fixtures";
import { mount, unmount } from "@stowage/linux";
import { parsePlatform } from "@stowage/oci";
import { parseReference, type Reference } from "@stowage/reference";
import { expect, onTestFinished, test } from "vitest";
import { openStore, type Store } from "./index.ts";
import { scratchDirectory, scratchRegistry } from "./scratch.test.fixture.ts";

const privileged = test.skipIf(process.getuid?.() !== 0);

const runtimes: Settings["runtimes"] = {
  kata: { snapshotter: "native", platform: undefined },
  arm: { snapshotter: undefined, platform: "linux/arm64" },
};

async function openWith(root: string, settings: Partial<Settings>): Promise<Store> {
  const store = await openStore({ pull: { ...defaultSettings.pull, lease: 0 }, ...settings, root });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return store;
}

async function offer(): Promise<Reference> {
  const registry = await scratchRegistry();
  const layers = (platform: string) => [
    { files: [{ kind: "file" as const, name: "about", content: Buffer.from(platform) }] },
  ];
  const platforms = ["linux/amd64", "linux/arm64"].map((platform) => ({ platform, layers: layers(platform) }));
  registry.putImage("team/app", "1", makeImage({ platforms }));
  return parseReference(`${registry.host}/team/app:1`);
}

/** What a file of the image reads, through the mounts that show it. */
async function readShown(store: Store, name: string, handler: string): Promise<string> {
  const image = await store.images.find(name, { handler });
  if (image === undefined) throw new Error("the image is not there");
  const target = await scratchDirectory();
  for (const each of await store.images.view(image)) mount({ ...each, target });
  try {
    return await readFile(join(target, "about"), "utf8");
  } finally {
    unmount(target);
  }
}

privileged("CRI-21: unpacks an image for each runtime handler with its own snapshotter (needs root)", async () => {
  const root = await scratchDirectory();
  const reference = await offer();
  const name = `${reference.domain}/team/app:1`;
  const store = await openWith(root, { runtimes });
  const { images } = store;
  const plain = await images.pull(reference);
  expect(await images.find(name, { handler: "kata" })).toBeUndefined();
  const kata = await images.pull(reference, { handler: "kata" });
  expect(kata).toMatchObject({ id: plain.id, handler: "kata", snapshotter: "native", tags: plain.tags });
  expect((await images.list()).map(({ handler }) => handler)).toEqual([undefined, "kata"]);
  expect(await images.find(plain.id, { handler: "" })).toEqual(plain);
  expect(await images.find(plain.id, { handler: "kata" })).toEqual(kata);
  for (const handler of ["", "kata"]) expect(await readShown(store, name, handler)).toMatch(/^linux/);
  expect(await readdir(join(root, "storage-native", "native"))).toHaveLength(2); // with staging
  expect((await images.account()).unaccounted).toEqual({ bytes: 0, inodes: 0, paths: [] });
  expect((await images.check({ level: "digests" })).findings).toEqual([]);

  await images.remove(name, { handler: "" });
  expect((await images.list()).map(({ handler }) => handler)).toEqual(["kata"]);
  expect(await readShown(store, name, "kata")).toMatch(/^linux/);
  await images.pull(reference);
  await images.remove(name);
  expect(await images.list()).toEqual([]);
  expect(await images.usage()).toEqual({ bytes: 0, inodes: 0 });
});

test("chooses the platform of the handler from an index", async () => {
  const reference = await offer();
  const { images } = await openWith(await scratchDirectory(), { runtimes });
  const plain = await images.pull(reference, { platform: parsePlatform("linux/amd64") });
  const arm = await images.pull(reference, { handler: "arm" });
  expect([plain.platform, arm.platform]).toEqual(["linux/amd64", "linux/arm64"].map(parsePlatform));
  expect(arm.id).not.toBe(plain.id);
  const name = `${reference.domain}/team/app:1`;
  expect(await images.find(name)).toEqual(plain);
  expect(await images.findAll(name)).toEqual([plain, arm]);
  expect((await images.remove(name))?.image.id).toBe(plain.id);
  expect(await images.list()).toEqual([]);
});

test("refuses a handler that nobody configured, whatever is asked, and names those there are", async () => {
  const reference = await offer();
  const { images } = await openWith(await scratchDirectory(), { runtimes });
  const refused = { code: "invalid-argument", message: expect.stringContaining('"gvisor": it is not configured') };
  await expect(images.pull(reference, { handler: "gvisor" })).rejects.toMatchObject(refused);
  await expect(images.find("a", { handler: "gvisor" })).rejects.toMatchObject(refused);
  await expect(images.list({ handler: "gvisor" })).rejects.toMatchObject(refused);
  await expect(images.remove("a", { handler: "gvisor" })).rejects.toThrow('"kata", "arm"');
});

privileged("images of a handler that is configured no more are listed, shown and removed (needs root)", async () => {
  const root = await scratchDirectory();
  const reference = await offer();
  {
    await using store = await openWith(root, { runtimes });
    await store.images.pull(reference, { handler: "kata" });
  }
  const { images } = await openWith(root, {});
  const [kept] = await images.list();
  if (kept === undefined) throw new Error("the image is gone");
  expect(kept).toMatchObject({ handler: "kata", damage: [] });
  expect(await images.view(kept)).toHaveLength(1);
  await images.collect();
  expect((await images.check({ level: "digests" })).findings).toEqual([]);
  expect(await images.find(kept.id)).toEqual(kept);
  expect(await images.list({ handler: "kata" })).toEqual([kept]);
  await expect(images.pull(reference, { handler: "kata" })).rejects.toMatchObject({ code: "invalid-argument" });
  await images.remove(kept.id, { handler: "kata" });
  expect(await images.usage()).toEqual({ bytes: 0, inodes: 0 });
  expect((await images.account()).unaccounted.bytes).toBe(0);
});

privileged(
  "a snapshotter that becomes the default leaves what a handler had of it where it is (needs root)",
  async () => {
    const root = await scratchDirectory();
    const reference = await offer();
    {
      await using store = await openWith(root, { runtimes });
      await store.images.pull(reference, { handler: "kata" });
    }
    const store = await openWith(root, { runtimes, snapshotter: "native" });
    const { images } = store;
    const name = `${reference.domain}/team/app:1`;
    expect(await readShown(store, name, "kata")).toMatch(/^linux/);
    expect((await images.check({ level: "digests" })).findings).toEqual([]);
    await images.pull(reference, { handler: "kata" });
    expect(await images.list()).toHaveLength(1);
    await images.remove(name);
    await images.collect();
    expect(await images.usage()).toEqual({ bytes: 0, inodes: 0 });
    expect(await readdir(join(root, "storage-native", "native"))).toEqual(["staging"]);
  },
);
