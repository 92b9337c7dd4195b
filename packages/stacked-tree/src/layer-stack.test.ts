import { mkdirSync, mkdtempDisposableSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isMachineRoot, makeNodeAt, nodeKinds, setXattr, workingDirectory } from "@stowage/linux";
import { expect, onTestFinished, test } from "vitest";
import { LayerStack } from "./layer-stack.ts";
import { Pace } from "./pace.ts";

/** What one layer has: files by what they hold, directories, whiteouts and symlinks by name. */
type Layer = Readonly<Record<string, "directory" | "opaque" | "whiteout" | "symlink" | (string & {})>>;

const opaque = isMachineRoot() ? "trusted.overlay.opaque" : "user.overlay.opaque";

function writeLayer(root: string, layer: Layer): string {
  mkdirSync(root);
  for (const [path, what] of Object.entries(layer)) {
    const at = join(root, path);
    mkdirSync(what === "directory" || what === "opaque" ? at : dirname(at), { recursive: true });
    if (what === "opaque") setXattr(at, opaque, Buffer.from("y"));
    else if (what === "whiteout") makeNodeAt(workingDirectory, at, { mode: nodeKinds.character });
    else if (what === "symlink") symlinkSync("/", at);
    else if (what !== "directory") writeFileSync(at, what);
  }
  return root;
}

function openTree(layers: readonly Layer[]): LayerStack {
  const directory = mkdtempDisposableSync(join(tmpdir(), "stowage-stack-"));
  const tree = new LayerStack(
    layers.map((layer, at) => writeLayer(join(directory.path, `${at}`), layer)),
    new Pace(),
  );
  onTestFinished(() => {
    tree[Symbol.dispose]();
    directory.remove();
  });
  return tree;
}

test.for<{ what: string; layers: readonly Layer[]; path: string; size: number | undefined }>([
  { what: "the file of the top layer", layers: [{ "d/f": "1" }, { "d/f": "22" }], path: "d/f", size: 1 },
  { what: "a file further below", layers: [{ x: "1" }, { d: "directory" }, { "d/f": "22" }], path: "d/f", size: 2 },
  { what: "nothing that no layer has", layers: [{ "d/f": "1" }], path: "d/g", size: undefined },
  { what: "nothing in a directory that is missing", layers: [{ f: "1" }], path: "a/b/c", size: undefined },
  { what: "nothing under a whiteout", layers: [{ "d/f": "whiteout" }, { "d/f": "1" }], path: "d/f", size: undefined },
  { what: "nothing under a whiteout above", layers: [{ d: "whiteout" }, { "d/f": "1" }], path: "d/f", size: undefined },
  { what: "nothing below an opaque one", layers: [{ d: "opaque" }, { "d/e/f": "1" }], path: "d/e/f", size: undefined },
  { what: "what the opaque directory has", layers: [{ x: "1" }, { d: "opaque", "d/f": "22" }], path: "d/f", size: 2 },
  { what: "nothing below a file", layers: [{ d: "file" }, { "d/f": "1" }], path: "d/f", size: undefined },
  { what: "nothing through a symlink", layers: [{ d: "symlink" }, { "d/etc": "1" }], path: "d/etc", size: undefined },
])("shows $what", async ({ layers, path, size }) => {
  const tree = openTree(layers);
  for (let time = 0; time < 2; time += 1) expect((await tree.find(path))?.status.size).toBe(size);
});

test("shows the root, and nothing without layers", async () => {
  expect((await openTree([{}]).find(""))?.status.kind).toBe("directory");
  expect(await openTree([]).find("")).toBeUndefined();
  expect(await openTree([]).find("a/b")).toBeUndefined();
});

test("keeps few descriptors, and none when it is disposed of", async () => {
  const layers = Array.from({ length: 3 }, () =>
    Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`${at}/f`, "x"])),
  );
  const open = (): number => readdirSync("/proc/self/fd").length;
  const before = open();
  using tree = openTree(layers);
  for (let at = 0; at < 200; at += 1) expect(await tree.find(`${at}/absent`)).toBeUndefined();
  expect(open()).toBeLessThanOrEqual(before + 256);
  tree[Symbol.dispose]();
  expect(open()).toBe(before);
});
