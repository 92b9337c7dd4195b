import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { smallImage } from "@stowage/image-fixtures";
import { diffIdsOf } from "@stowage/images";
import { mount, mountAll, unmount } from "@stowage/linux";
import { parseReference } from "@stowage/reference";
import { expect, onTestFinished, test } from "vitest";
import { openStore, type Store } from "./index.ts";
import { scratchDirectory, scratchRegistry } from "./scratch.test.fixture.ts";

const privileged = test.skipIf(process.getuid?.() !== 0);

/** A store whose writable snapshots are on a file system of their own, and an image in it. */
async function openSplit(): Promise<{ store: Store; writableRoot: string; directory: string }> {
  const directory = await scratchDirectory();
  const disk = join(directory, "disk");
  await mkdir(disk);
  mount({ type: "tmpfs", source: "tmpfs", options: ["size=64m"], target: disk });
  onTestFinished(() => unmount(disk));
  const writableRoot = join(disk, "containers");
  const pull = { ...defaultSettings.pull, lease: 0 };
  const store = await openStore({ root: join(directory, "store"), writableRoot, pull });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return { store, writableRoot, directory };
}

privileged("what containers write is on the disk that is set for it, and counted there (needs root)", async () => {
  const registry = await scratchRegistry();
  registry.putImage("a", "1", smallImage());
  const { store, writableRoot, directory } = await openSplit();
  const image = await store.images.pull(parseReference(`${registry.host}/a:1`));
  const ofImages = await store.images.usage();
  await store.writable.create("web", diffIdsOf(image));
  const target = join(directory, "shown");
  await mkdir(target);
  await mountAll(await store.writable.mounts("web"), target);
  await writeFile(join(target, "log"), "x".repeat(1_000_000));
  unmount(target);
  expect(store.containerFileSystem?.root).toBe(writableRoot);
  expect((await store.containerFileSystem?.usage())?.bytes).toBeGreaterThanOrEqual(1_000_000);
  expect(await store.images.usage()).toEqual(ofImages);
  expect(await readdir(join(directory, "store", "storage", "writable"))).toEqual([]);
  expect((await store.images.account()).unaccounted.bytes).toBe(0);
  await store.writable.remove("web");
  await expect.poll(async () => (await readdir(join(writableRoot, ".trash"))).length).toBe(0);
  expect(await readdir(writableRoot)).toEqual([".lock", ".staging", ".trash"]);
});

privileged("a directory for what containers write is one store's alone (needs root)", async () => {
  const { writableRoot, directory } = await openSplit();
  const other = { root: join(directory, "other"), writableRoot };
  await expect(openStore(other)).rejects.toMatchObject({ code: "failed-precondition" });
});

privileged("a place that has writable snapshots is not given up for another (needs root)", async () => {
  const registry = await scratchRegistry();
  registry.putImage("a", "1", smallImage());
  const { store, writableRoot, directory } = await openSplit();
  const image = await store.images.pull(parseReference(`${registry.host}/a:1`));
  await store.writable.create("web", diffIdsOf(image));
  await store[Symbol.asyncDispose]();
  const root = join(directory, "store");
  await expect(openStore({ root })).rejects.toMatchObject({
    code: "failed-precondition",
    message: expect.stringContaining(writableRoot),
  });
  {
    await using again = await openStore({ root, writableRoot });
    await again.writable.remove("web");
  }
  await using moved = await openStore({ root });
  await moved.writable.create("web", diffIdsOf(image));
  expect((await moved.images.account()).unaccounted.bytes).toBe(0);
});
