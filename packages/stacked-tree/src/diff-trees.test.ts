import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diffTrees, openImageTree, type TreeChange } from "./index.ts";
import {
  directory,
  type LayerFiles,
  overlayOf,
  symlink,
  temporary,
  treeOf,
  whiteout,
  writeLayer,
} from "./layers.test.fixture.ts";

/** A change in a line, without what times came to be while the test ran. */
function told(change: TreeChange): string[] {
  if (change.kind !== "changed") return [`${change.kind} ${change.path}`];
  const what = change.what.filter((aspect) => aspect !== "time");
  return what.length === 0 ? [] : [`changed ${change.path}: ${what.join()}`];
}

test.for<{ what: string; before: LayerFiles; after: LayerFiles; changes: readonly string[] }>([
  { what: "nothing of equal files", before: { "a/b": "x" }, after: { "a/b": "x" }, changes: [] },
  { what: "other content of the same size", before: { a: "x" }, after: { a: "y" }, changes: ["changed a: content"] },
  { what: "content of another size", before: { a: "x" }, after: { a: "xx" }, changes: ["changed a: content"] },
  { what: "another target", before: { a: symlink("b") }, after: { a: symlink("c") }, changes: ["changed a: target"] },
  { what: "an added directory with its files", before: {}, after: { "a/b": "x" }, changes: ["added a", "added a/b"] },
  { what: "a removed one with its files", before: { "a/b": "x" }, after: {}, changes: ["removed a", "removed a/b"] },
  {
    what: "a directory that became a file",
    before: { "a/b": "x" },
    after: { a: "x" },
    changes: ["changed a: kind", "removed a/b"],
  },
  {
    what: "a file that became a directory",
    before: { a: "x" },
    after: { "a/b": "x" },
    changes: ["changed a: kind", "added a/b"],
  },
  {
    what: "all in order",
    before: { "a/c": "x", "a.b": "x", b: "1" },
    after: { "a.b": "y", "a/d": directory, b: "2" },
    changes: ["removed a/c", "added a/d", "changed a.b: content", "changed b: content"],
  },
])("tells $what", async ({ before, after, changes }) => {
  const found = await Array.fromAsync(diffTrees(treeOf(before), treeOf(after)));
  expect(found.flatMap(told)).toEqual(changes);
});

test("tells of permissions", async () => {
  const base = temporary();
  const [one, other] = ["one", "other"].map((name) => writeLayer(join(base, name), { a: "x" }));
  chmodSync(join(other ?? "", "a"), 0o400);
  using before = openImageTree([overlayOf([one ?? ""])]);
  using after = openImageTree([overlayOf([other ?? ""])]);
  expect((await Array.fromAsync(diffTrees(before, after))).flatMap(told)).toEqual(["changed a: mode"]);
});

test("does not read files of a layer that both have, nor look into its directories", async () => {
  const base = temporary();
  const shared = writeLayer(join(base, "shared"), { "big/file": "x", "etc/kept": "y", "etc/hidden": "z" });
  const upper = writeLayer(join(base, "upper"), { "etc/new": "n", "etc/hidden": whiteout });
  using before = openImageTree([overlayOf([shared])]);
  using after = openImageTree([overlayOf([upper, shared])]);
  const asked: string[] = [];
  const watched = { ...methodsOf(before), list: (path: string) => (asked.push(path), before.list(path)) };
  const changes = await Array.fromAsync(diffTrees(watched, after));
  expect(changes.flatMap(told)).toEqual(["removed etc/hidden", "added etc/new"]);
  expect(asked).toEqual(["", "etc"]);
});

/** A tree as a test can wrap it; nothing in it is to be read. */
function methodsOf(tree: ReturnType<typeof openImageTree>): ReturnType<typeof openImageTree> {
  return {
    find: (path, options) => tree.find(path, options),
    list: (path) => tree.list(path),
    read: ({ path }) => {
      throw new Error(`"${path}" was read`);
    },
    walk: (path) => tree.walk(path),
    xattrs: (entry) => tree.xattrs(entry),
    layersOf: (entry) => tree.layersOf(entry),
    [Symbol.dispose]: () => undefined,
  };
}
