import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layerIdsOf } from "@stowage/containers-storage";
import { mountAll, unmount } from "@stowage/linux";
import { digestOf } from "@stowage/oci";
import type { Snapshotter, StagedLayer, UnpackedLayer } from "@stowage/snapshots";
import { expect, onTestFinished, test } from "vitest";
import { type DriverName, openSnapshotter } from "./index.ts";

const chain = [digestOf("lower"), digestOf("upper")];
const [lowerId = "", upperId = ""] = layerIdsOf(chain);
const plain: UnpackedLayer = {
  bytes: 4096,
  inodes: 2,
  tarSize: 1024,
  impliedDirectories: [],
  lowerLinks: [],
  whiteouts: [],
};

interface Fixture {
  readonly root: string;
  /** Where the layers are. */
  readonly home: string;
  readonly store: Snapshotter & AsyncDisposable;
}

async function opened(driver: DriverName = "native", root?: string): Promise<Fixture> {
  const place = root ?? (await mkdtemp(join(tmpdir(), "stowage-native-")));
  if (root === undefined) onTestFinished(() => rm(place, { recursive: true, force: true }));
  const store = await openSnapshotter(join(place, "storage"), { trash: join(place, "trash"), driver });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return { root: place, home: join(place, "storage", driver), store };
}

async function stage(store: Snapshotter, length: number, layer: Partial<UnpackedLayer> = {}): Promise<StagedLayer> {
  const snapshot = await store.prepare();
  await writeFile(join(snapshot.directory, `file-${length}`), "x");
  return { chain: chain.slice(0, length), snapshot, layer: { ...plain, ...layer } };
}

test("keeps each layer as a whole tree, and counts what that takes", async () => {
  const { store, home, root } = await opened();
  await store.commit([await stage(store, 1), await stage(store, 2)]);
  expect((await readdir(join(home, upperId, "diff"))).toSorted()).toEqual(["file-1", "file-2"]);
  expect(await store.find(chain.slice(0, 1))).toMatchObject({ inodes: 2 });
  expect(await store.find(chain)).toMatchObject({ inodes: 3 });
  await store[Symbol.asyncDispose]();
  expect(await readdir(join(home, "staging"))).toEqual([]);
  expect(await readdir(join(root, "trash"))).toEqual([]);
  expect((await stat(join(home, upperId, "diff", "file-2"))).nlink).toBe(1);
});

test("takes a link to a file below, and nothing through a link that leads out", async () => {
  const { store, home, root } = await opened();
  await writeFile(join(root, "secret"), "secret");
  const below = await stage(store, 1);
  await symlink(root, join(below.snapshot.directory, "out"));
  await store.commit([below]);
  const stolen = await stage(store, 2, { lowerLinks: [{ path: "stolen", target: "out/secret" }] });
  await expect(store.commit([stolen])).rejects.toMatchObject({ code: "invalid-argument" });
  await store.commit([await stage(store, 2, { lowerLinks: [{ path: "alias", target: "file-1" }] })]);
  await store[Symbol.asyncDispose]();
  expect((await stat(join(home, upperId, "diff", "alias"))).nlink).toBe(2);
});

test("commits a staged layer again after a failure on the way", async () => {
  const { store, home } = await opened();
  await store.commit([await stage(store, 1)]);
  const staged = await stage(store, 2);
  const whole = join(staged.snapshot.directory, "..", "whole");
  await mkdir(join(whole, "diff", "left"), { recursive: true });
  await mkdir(join(home, lowerId, "diff", "in-the-way"));
  const controller = new AbortController();
  const reason = new Error("enough");
  setImmediate(() => controller.abort(reason));
  await store.commit([staged], { signal: controller.signal }).catch((error: unknown) => expect(error).toBe(reason));
  await store.commit([staged]);
  expect((await readdir(join(home, upperId, "diff"))).toSorted()).toEqual(["file-1", "file-2", "in-the-way"]);
});

test("sees that a file of a layer is gone", async () => {
  const { store, home } = await opened();
  await store.commit([await stage(store, 1), await stage(store, 2)]);
  expect(await store.inspect(chain, { level: "digests" })).toBeUndefined();
  await unlink(join(home, upperId, "diff", "file-1"));
  expect(await store.inspect(chain, { level: "digests" })).toBe("has 2 files and directories of 3");
  expect(await store.inspect(chain.slice(0, 1), { level: "digests" })).toBeUndefined();
});

test("a writable snapshot is a copy, which leaves the layer alone", async () => {
  const { store, home, root } = await opened();
  await store.commit([await stage(store, 1)]);
  await store.writable.create("one", chain.slice(0, 1));
  await writeFile(join(root, "storage", "writable", "one", "diff", "file-1"), "mine");
  expect(await readFile(join(home, lowerId, "diff", "file-1"), "utf8")).toBe("x");
  expect(await store.writable.usage("one")).toMatchObject({ inodes: 2 });
});

test.for<{ first: DriverName; second: DriverName }>([
  { first: "overlay", second: "native" },
  { first: "native", second: "overlay" },
])("opens no layers of $first as $second, until they are removed", async ({ first, second }) => {
  const { store, root } = await opened(first);
  await store.commit([await stage(store, 1)]);
  await expect(opened(second, root)).rejects.toMatchObject({
    code: "failed-precondition",
    message: expect.stringContaining(`"${first}"`),
  });
  await store.remove(chain.slice(0, 1));
  await store[Symbol.asyncDispose]();
  await opened(second, root);
});

test.skipIf(process.getuid?.() !== 0)(
  "leaves a layer that is replaced to the mounts that show it (needs root for a mount)",
  async () => {
    const { store, root } = await opened();
    await store.commit([await stage(store, 1)]);
    const target = join(root, "target");
    await mkdir(target);
    await mountAll(await store.view(chain.slice(0, 1)), target);
    try {
      await store.commit([{ ...(await stage(store, 1)), replace: true }]);
      await store.commit([await stage(store, 2)]);
      await store.remove(chain); // the trash is emptied of what nobody looks at
      await expect.poll(() => readdir(join(root, "trash"))).toHaveLength(1);
      expect(await readdir(target)).toEqual(["file-1"]);
    } finally {
      unmount(target);
    }
  },
);
