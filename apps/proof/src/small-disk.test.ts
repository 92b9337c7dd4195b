import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { openStore, type Store } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import type { MadeImage } from "@stowage/image-fixtures";
import { parseReference } from "@stowage/reference";
import { type FakeRegistry, startRegistry } from "@stowage/registry-fake";
import { afterAll, beforeAll, expect, test as plainTest, vi } from "vitest";
import { settingsWith } from "./crashed-store.test.fixture.ts";
import { describeTree } from "./describe-tree.ts";
import { layerFiles, layerIdsOf } from "./offered-images.ts";
import {
  fillBlocks,
  fillInodes,
  imageOfFiles,
  incompressibleImage,
  makeSmallDisk,
  type SmallDisk,
} from "./small-disk.test.fixture.ts";

/** Only root may mount a disk. */
const test = plainTest.skipIf(process.getuid?.() !== 0);

const images: Readonly<Record<string, MadeImage>> = {
  kept: incompressibleImage("kept", 5),
  ...Object.fromEntries([6, 9, 12, 15, 20].map((size) => [`of-${size}`, incompressibleImage(`of-${size}`, size)])),
  "of-two": incompressibleImage("of-two", 8, 8),
  files: imageOfFiles(300),
  "few-files": imageOfFiles(20),
};

let registry: FakeRegistry;
beforeAll(async () => {
  registry = await startRegistry();
  for (const [name, image] of Object.entries(images)) registry.putImage(name, "1", image);
});
afterAll(async () => await registry[Symbol.asyncDispose]());

const referenceTo = (name: string) => parseReference(`${registry.host}/${name}:1`);

async function openOn(disk: SmallDisk): Promise<Store> {
  return await openStore({ ...settingsWith("none"), root: join(disk.path, "root") });
}

async function pull({ images: service }: Store, name: string): Promise<void> {
  await service.pull(referenceTo(name));
}

async function remove({ images: service }: Store, name: string): Promise<void> {
  await service.remove(`${registry.host}/${name}:1`, { endLease: true });
}

async function namesIn({ images: service }: Store): Promise<readonly string[]> {
  return (await service.list()).flatMap(({ tags }) => tags.map((tag) => tag.slice(registry.host.length + 1, -2)));
}

/** What an image looks like on the disk. */
async function treesOf({ images: service, root }: Store, name: string): Promise<readonly string[]> {
  const image = await service.find(`${registry.host}/${name}:1`);
  return image === undefined ? [] : layerIdsOf(image).map((id) => describeTree(layerFiles(root, id)));
}

/** All that is listed is whole, nothing is unaccounted for, and nothing is left of what failed. */
async function expectTidy({ images: service }: Store): Promise<void> {
  expect((await service.check({ level: "digests" })).findings).toEqual([]);
  await vi.waitFor(async () => {
    const { lines, unaccounted } = await service.account();
    const left = lines.filter(({ kind, inodes }) => /arriving|leftovers|layer blobs/.test(kind) && inodes > 0);
    expect({ left, unaccounted: unaccounted.paths }).toEqual({ left: [], unaccounted: [] });
    expect(lines.find(({ kind }) => kind === "trash")?.inodes).toBe(0);
  }, 5000);
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** A person learns how much is needed and how much there is. */
function expectNoRoom(failure: unknown): void {
  expect(failure).toBeInstanceOf(StowageError);
  expect(failure).toMatchObject({
    code: "resource-exhausted",
    message: expect.stringMatching(
      /^Cannot [a-z].+: .*(?:\d+ (?:more )?bytes.* \d+ are left|no inodes are left|is full)/,
    ),
  });
}

test("gives back what pulls took that the disk has no room for", { timeout: 60_000 }, async () => {
  await using disk = await makeSmallDisk();
  await using store = await openOn(disk);
  await pull(store, "kept");
  const before = await treesOf(store, "kept");
  const names = ["of-6", "of-9", "of-12", "of-15", "of-20", "of-two"];
  const failures = await Promise.all(names.map((name) => failureOf(pull(store, name))));
  const failed = names.filter((_, at) => failures[at] !== undefined);
  expect(failed, "not all fit").not.toEqual([]);
  failures.filter((failure) => failure !== undefined).forEach(expectNoRoom);
  await expectTidy(store);
  expect(new Set(await namesIn(store))).toEqual(new Set(["kept", ...names.filter((name) => !failed.includes(name))]));
  expect(await treesOf(store, "kept")).toEqual(before);
  for (const name of names) await remove(store, name);
  await expectTidy(store);
  await pull(store, "of-20");
  await expectTidy(store);
});

test.for([
  { what: "no block is left", first: "of-15", next: "of-6", fill: fillBlocks },
  { what: "no inode is left", first: "files", next: "few-files", fill: fillInodes, inodes: 600 },
])("removes images where $what, and then has room for others", async ({ first, next, fill, inodes }) => {
  await using disk = await makeSmallDisk(inodes === undefined ? {} : { inodes });
  await using store = await openOn(disk);
  for (const name of ["kept", first]) await pull(store, name);
  await fill(disk.path);
  expectNoRoom(await failureOf(pull(store, next)));
  expect(await namesIn(store)).toEqual(["kept", first]);
  await remove(store, first);
  await expectTidy(store);
  await pull(store, next);
  await expectTidy(store);
  expect(await namesIn(store)).toEqual(["kept", next]);
});

test.for([
  { what: "no block is left", first: "of-6", fill: fillBlocks },
  { what: "no inode is left", first: "files", fill: fillInodes, inodes: 600 },
])("starts where $what, and removes images there", async ({ first, fill, inodes }) => {
  await using disk = await makeSmallDisk(inodes === undefined ? {} : { inodes });
  {
    await using store = await openOn(disk);
    for (const name of ["kept", first]) await pull(store, name);
  }
  await fill(disk.path);
  {
    await using store = await openOn(disk);
    expect(await namesIn(store)).toEqual(["kept", first]);
    expectNoRoom(await failureOf(pull(store, "of-20")));
    await remove(store, first);
    await expectTidy(store);
  }
  await using store = await openOn(disk);
  expect(await namesIn(store)).toEqual(["kept"]);
  await pull(store, "few-files");
  await expectTidy(store);
});

const readOnly = expect.objectContaining({
  code: "failed-precondition",
  message: expect.stringMatching(/^Cannot [a-z].+: .*read-only/),
});

test("reads on where nothing can be made any more, and pulls again when it can", async () => {
  await using disk = await makeSmallDisk();
  await using store = await openOn(disk);
  await pull(store, "kept");
  const before = await treesOf(store, "kept");
  // A disk with files that are open for writing is not made read-only; what is newly opened can be.
  execFileSync("mount", ["--bind", disk.path, disk.path]);
  try {
    execFileSync("mount", ["-o", "remount,bind,ro", disk.path]);
    expect(await failureOf(pull(store, "of-6"))).toEqual(readOnly);
    expect(await namesIn(store)).toEqual(["kept"]);
    expect(await treesOf(store, "kept")).toEqual(before);
  } finally {
    execFileSync("umount", [disk.path]);
  }
  await pull(store, "of-6");
  await expectTidy(store);
});

test("reads on where the file system gave up, and is whole when that was repaired", async () => {
  await using disk = await makeSmallDisk();
  {
    await using store = await openOn(disk);
    await pull(store, "kept");
    await disk.remount("abort");
    expect(await failureOf(pull(store, "of-6"))).toMatchObject({
      code: expect.stringMatching(/^(?:failed-precondition|data-loss)$/),
      message: expect.stringMatching(/^Cannot [a-z].+: .+/),
    });
    expect(await namesIn(store)).toEqual(["kept"]);
    expect(await treesOf(store, "kept")).not.toEqual([]);
    expect(await failureOf(store.images.remove(`${registry.host}/kept:1`))).toBeInstanceOf(StowageError);
    expect(await namesIn(store)).toEqual(["kept"]);
  }
  await disk.repair();
  await using store = await openOn(disk);
  expect(await namesIn(store)).toEqual(["kept"]);
  await store.images.collect(); // a removal that was not flushed is undone
  await expectTidy(store);
  await pull(store, "of-6");
});

test.for([
  { what: "has a store", isNew: false },
  { what: "has none", isNew: true },
])("says why it does not start on a read-only disk that $what", async ({ isNew }) => {
  await using disk = await makeSmallDisk();
  if (!isNew) {
    await using store = await openOn(disk);
    await pull(store, "kept");
  }
  await disk.remount("ro");
  expect(await failureOf(openOn(disk))).toEqual(readOnly);
  await disk.remount("rw");
  await using store = await openOn(disk);
  expect(await namesIn(store)).toEqual(isNew ? [] : ["kept"]);
  await pull(store, "of-6");
  await expectTidy(store);
});
