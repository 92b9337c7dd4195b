import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setXattr } from "@stowage/linux";
import { expect, test } from "vitest";
import { openImageTree } from "./index.ts";
import {
  directory,
  fifo,
  overlayOf,
  symlink,
  temporary,
  textOf,
  treeOf,
  whiteout,
  writeLayer,
} from "./layers.test.fixture.ts";

test.for<{ what: string; path: string; text: string | undefined }>([
  { what: "a file", path: "/etc/passwd", text: "root" },
  { what: "a file without a slash in front", path: "etc/passwd", text: "root" },
  { what: "the file of the top layer", path: "etc/motd", text: "upper" },
  { what: "no file that is hidden", path: "etc/hidden", text: undefined },
  { what: "nothing below a file", path: "etc/passwd/x", text: undefined },
  { what: "nothing where a file would have to be a directory", path: "etc/passwd/", text: undefined },
  { what: "a file behind symlinks", path: "links/abs/passwd", text: "root" },
  { what: "a file behind a symlink that climbs beyond the root", path: "links/out/etc/passwd", text: "root" },
  { what: "a file behind a relative symlink", path: "links/rel", text: "root" },
  { what: "a file behind dots", path: "/../..//links/./../etc/passwd", text: "root" },
  { what: "a file behind a symlink of another layer", path: "links/upper", text: "root" },
  { what: "nothing behind a symlink to nowhere", path: "links/nowhere", text: undefined },
  { what: "a name that is no UTF-8", path: "etc/\xff\xfe", text: "bytes" },
])("finds $what", async ({ path, text }) => {
  const lower = {
    "etc/passwd": "root",
    "etc/motd": "lower",
    "etc/hidden": "secret",
    "etc/\xff\xfe": "bytes",
    "links/abs": symlink("/etc"),
    "links/out": symlink("../../../../../.."),
    "links/rel": symlink("abs/../etc/passwd"),
    "links/nowhere": symlink("/nowhere/at/all"),
  };
  const tree = treeOf({ "etc/motd": "upper", "etc/hidden": whiteout, "links/upper": symlink("../etc/passwd") }, lower);
  expect(await textOf(tree, path)).toBe(text);
});

test("finds a symlink itself where it is told to, unless a slash behind it asks for a directory", async () => {
  const tree = treeOf({ "a/b": "x", link: symlink("a") });
  expect(await tree.find("link", { followLast: false })).toMatchObject({ kind: "symlink", linkTarget: "a" });
  expect(await tree.find("link/", { followLast: false })).toMatchObject({ kind: "directory", path: "a" });
  expect(await tree.find("link/b", { followLast: false })).toMatchObject({ kind: "file", path: "a/b" });
});

test("ends symlinks that go in a circle", async () => {
  const tree = treeOf({ a: symlink("b"), b: symlink("a"), "c/self": symlink("self/self") });
  for (const path of ["a", "b/x", "c/self"])
    await expect(tree.find(path)).rejects.toMatchObject({ code: "failed-precondition" });
});

test("lists a directory of several layers by the bytes of its names", async () => {
  const tree = treeOf(
    { "d/b": "1", "d/gone": whiteout },
    { "d/a": "2", "d/b": "3", "d/gone": "4", "d/\xe9": "5", "d/B": "6" },
  );
  expect((await tree.list("/d")).map(({ path }) => path)).toEqual(["d/B", "d/a", "d/b", "d/\xe9"]);
  await expect(tree.list("d/a")).rejects.toMatchObject({ code: "not-found" });
  await expect(tree.list("nowhere")).rejects.toMatchObject({ code: "not-found" });
});

test("walks depth first, a directory before what is in it", async () => {
  const tree = treeOf({ "a/x": "1", "a.b": "2", b: symlink("a") }, { "a/y/z": "3" });
  const paths = (await Array.fromAsync(tree.walk())).map(({ path }) => path);
  expect(paths).toEqual(["", "a", "a/x", "a/y", "a/y/z", "a.b", "b"]);
  expect((await Array.fromAsync(tree.walk("a/y"))).map(({ path }) => path)).toEqual(["a/y", "a/y/z"]);
  expect(await Array.fromAsync(tree.walk("nowhere"))).toEqual([]);
});

test("opens no fifo and nothing else that is no regular file", async () => {
  const tree = treeOf({ pipe: fifo, d: directory });
  for (const path of ["pipe", "d"])
    await expect(textOf(tree, path)).rejects.toMatchObject({ code: "failed-precondition" });
});

test("reads the attributes of a file but for overlayfs's own", async () => {
  const root = writeLayer(join(temporary(), "layer"), { f: "x" });
  setXattr(join(root, "f"), "user.colour", Buffer.from("red"));
  setXattr(join(root, "f"), "user.overlay.origin", Buffer.from("y"));
  using tree = openImageTree([{ type: "bind", source: root, options: ["bind", "ro"] }]);
  const [entry] = await tree.list("");
  expect(entry === undefined ? undefined : [...tree.xattrs(entry)]).toEqual([["user.colour", Buffer.from("red")]]);
});

test("reads layers with odd names, behind short links, and an upper directory above them", async () => {
  const base = temporary();
  const layers = ["with:colon", "with,comma", "with\\backslash"].map((name) =>
    writeLayer(join(base, name), { [name]: name }),
  );
  symlinkSync(layers[0] ?? "", join(base, "short"));
  const { options } = overlayOf([join(base, "short"), ...layers.slice(1)]);
  const upper = writeLayer(join(base, "upper"), { "with,comma": "changed" });
  using tree = openImageTree([{ type: "overlay", source: "overlay", options: [...options, `upperdir=${upper}`] }]);
  expect((await tree.list("")).map(({ path }) => path)).toEqual(["with,comma", "with:colon", "with\\backslash"]);
  expect(await textOf(tree, "with,comma")).toBe("changed");
  expect(await textOf(tree, "with:colon")).toBe("with:colon");
});

test.for<{ what: string; mounts: Parameters<typeof openImageTree>[0] }>([
  { what: "no mount", mounts: [] },
  { what: "a file system of its own", mounts: [{ type: "tmpfs", source: "tmpfs", options: [] }] },
  { what: "an overlay of nothing", mounts: [{ type: "overlay", source: "overlay", options: ["ro"] }] },
])("refuses $what", ({ mounts }) => {
  expect(() => openImageTree(mounts)).toThrow(expect.objectContaining({ code: "failed-precondition" }));
});

test("stops with the reason of the signal", async () => {
  const root = writeLayer(join(temporary(), "layer"), { f: "x" });
  const stop = new AbortController();
  using tree = openImageTree([overlayOf([root])], { signal: stop.signal });
  expect(await tree.find("f")).toBeDefined();
  stop.abort(new Error("enough"));
  await expect(tree.find("f")).rejects.toBe(stop.signal.reason);
});

test("keeps no descriptor when it is disposed of", async () => {
  const root = writeLayer(join(temporary(), "layer"), { "a/b/c": "x" });
  const open = (): number => readdirSync("/proc/self/fd").length;
  const before = open();
  using tree = openImageTree([overlayOf([root])]);
  await Array.fromAsync(tree.walk());
  expect(await textOf(tree, "a/b/c")).toBe("x");
  tree[Symbol.dispose]();
  expect(open()).toBe(before);
});
