import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "@stowage/oci";
import type { Snapshotter } from "@stowage/snapshots";
import { expect, onTestFinished, test } from "vitest";
import { openSnapshotter } from "./index.ts";

const chain = [digestOf("layer")];

interface Fixture {
  readonly store: Snapshotter & AsyncDisposable;
  readonly root: string;
  /** Where writable snapshots are. */
  readonly writables: string;
}

/** A store with one layer. */
async function opened(): Promise<Fixture> {
  const root = await mkdtemp(join(tmpdir(), "stowage-writable-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const store = await openSnapshotter(join(root, "storage"), { trash: join(root, "trash") });
  onTestFinished(() => store[Symbol.asyncDispose]());
  const snapshot = await store.prepare();
  const layer = { bytes: 4096, inodes: 1, tarSize: 1024, impliedDirectories: [], lowerLinks: [], whiteouts: [] };
  await store.commit([{ chain, snapshot, layer }]);
  return { store, root, writables: join(root, "storage", "writable") };
}

test("refuses to show a volatile one that was there when the machine went down", async () => {
  const { store, writables } = await opened();
  await store.writable.create("lasting", chain);
  await store.writable.create("volatile", chain, { volatile: true });
  for (const key of ["lasting", "volatile"]) {
    const path = join(writables, key, "stowage.json");
    const record: unknown = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify(Object.assign({}, record, { boot: "an earlier one" })));
  }
  expect(await store.writable.mounts("lasting")).toHaveLength(1);
  await expect(store.writable.mounts("volatile")).rejects.toMatchObject({ code: "failed-precondition" });
});

test("takes over no directory without a record, and removes it where it is told to", async () => {
  const { store, writables } = await opened();
  await mkdir(join(writables, "one", "diff"), { recursive: true });
  await writeFile(join(writables, "one", "stowage.json"), "{");
  expect(await Array.fromAsync(store.writable.list())).toEqual([]);
  await expect(store.writable.create("one", chain)).rejects.toMatchObject({ code: "already-exists" });
  await store.writable.remove("one");
  await store.writable.create("one", chain);
});

test("gives the disk back of what was removed, and leaves nothing of what could not be made", async () => {
  const { store, root, writables } = await opened();
  await store.writable.create("one", chain);
  await store.writable.remove("one");
  const idMap = { uids: [], gids: [] };
  await expect(store.writable.create("two", chain, { idMap })).rejects.toMatchObject({ code: "invalid-argument" });
  await rm(writables, { recursive: true });
  await expect(store.writable.create("three", chain)).rejects.toThrow();
  await store[Symbol.asyncDispose]();
  expect(await readdir(join(root, "trash"))).toEqual([]);
  expect(await readdir(join(root, "storage", "overlay", "staging"))).toEqual([]);
});
