import { defaultSettings } from "@stowage/config";
import { smallImage } from "@stowage/image-fixtures";
import { parseReference } from "@stowage/reference";
import { expect, onTestFinished, test } from "vitest";
import { openStore, type Store } from "./index.ts";
import { scratchDirectory, scratchRegistry } from "./scratch.test.fixture.ts";

/** Opens the store at `root`, in which a finished pull holds what it brought for so many seconds. */
async function openLeasing(root: string, lease: number): Promise<Store> {
  const store = await openStore({ root, pull: { ...defaultSettings.pull, lease } });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return store;
}

async function offer(): Promise<ReturnType<typeof parseReference>> {
  const registry = await scratchRegistry();
  registry.putImage("library/small", "1", smallImage());
  return parseReference(`${registry.host}/library/small:1`);
}

/** Inodes of unpacked layers, whether or not an image has them. */
async function layersOn({ images }: Store): Promise<number> {
  const { lines } = await images.account();
  const layers = lines.filter(({ kind }) => kind === "layers" || kind === "leftovers");
  return layers.reduce((sum, { inodes }) => sum + inodes, 0);
}

test("an image that is removed right after its pull is gone to the eye, and its disk is still there and told", async () => {
  const name = await offer();
  const root = await scratchDirectory();
  const store = await openLeasing(root, 300);
  const image = await store.images.pull(name);
  const before = await store.images.usage();
  await store.images.remove(image.id);
  expect(await store.images.list()).toEqual([]);
  await store.images.collect();
  expect(await layersOn(store)).toBeGreaterThan(0);
  expect((await store.images.usage()).bytes).toBe(before.bytes);
  await store[Symbol.asyncDispose]();
  const restarted = await openLeasing(root, 300);
  await restarted.images.collect();
  expect(await layersOn(restarted)).toBeGreaterThan(0);
  expect((await restarted.images.usage()).bytes).toBe(before.bytes);
});

test("somebody who means it gets the disk back at once", async () => {
  const name = await offer();
  const store = await openLeasing(await scratchDirectory(), 300);
  const image = await store.images.pull(name);
  await store.images.remove(image.id, { endLease: true });
  expect(await layersOn(store)).toBe(0);
  expect(await store.images.usage()).toEqual({ bytes: 0, inodes: 0 });
});

test.for([{ restart: false }, { restart: true }])(
  "a lease ends by itself, after a restart too: $restart",
  async ({ restart }) => {
    const name = await offer();
    const root = await scratchDirectory();
    const first = await openLeasing(root, 1);
    await first.images.remove((await first.images.pull(name)).id);
    if (restart) await first[Symbol.asyncDispose]();
    const store = restart ? await openLeasing(root, 1) : first;
    if (restart) await store.images.collect();
    await expect.poll(() => layersOn(store), { timeout: 15_000, interval: 200 }).toBe(0);
  },
);
