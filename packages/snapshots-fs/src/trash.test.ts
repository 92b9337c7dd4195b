import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Trash } from "./trash.ts";

/** A directory that goes with the test, trees in it, and where their trash is. */
async function scratch(...names: readonly string[]) {
  const root = await mkdtemp(join(tmpdir(), "stowage-trash-"));
  onTestFinished(async () => await rm(root, { recursive: true }));
  const trees = names.map((name) => join(root, name));
  for (const tree of trees) {
    await mkdir(join(tree, "directory"), { recursive: true });
    await writeFile(join(tree, "directory", "file"), "");
  }
  return { trees, directory: join(root, "trash") };
}

const flush = async (): Promise<void> => undefined;
const isInUse = (): boolean => false;

test("tries again what could not be thrown away, when something else is", async () => {
  const { trees, directory } = await scratch("one", "another");
  const [one = "", another = ""] = trees;
  await using trash = await Trash.open(directory, { flush, isInUse });
  await rm(directory, { recursive: true });
  await trash.discard(one);
  expect(existsSync(one)).toBe(true);
  await mkdir(directory);
  await trash.put(another);
  await vi.waitFor(() => expect(trees.map((tree) => existsSync(tree))).toEqual([false, false]));
});

test("says at the end what could not be thrown away", async () => {
  const { trees, directory } = await scratch("one");
  const trash = await Trash.open(directory, { flush, isInUse });
  await rm(directory, { recursive: true });
  await trash.discard(trees[0] ?? "");
  await expect(trash[Symbol.asyncDispose]()).rejects.toThrow("cannot empty");
});

test("takes nothing out of a tree of which nobody knows whether it left its place", async () => {
  const { trees, directory } = await scratch("one", "another");
  const failure = new Error("the disk failed");
  const flushes = vi.fn<() => Promise<void>>().mockRejectedValueOnce(failure).mockResolvedValue(undefined);
  const trash = await Trash.open(directory, { flush: flushes, isInUse });
  await trash.put(trees[0] ?? "");
  await vi.waitFor(() => expect(flushes).toHaveBeenCalledOnce());
  await trash.put(trees[1] ?? "");
  await expect(trash[Symbol.asyncDispose]()).rejects.toMatchObject({ errors: [failure] });
  expect(await readdir(directory)).toHaveLength(1);
  await using later = await Trash.open(directory, { flush, isInUse });
  await later[Symbol.asyncDispose]();
  expect(await readdir(directory)).toEqual([]);
});
