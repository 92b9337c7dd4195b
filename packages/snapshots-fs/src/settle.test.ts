import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setXattr } from "@stowage/linux";
import type { UnpackedLayer } from "@stowage/snapshots";
import { expect, onTestFinished, test } from "vitest";
import { CopyAllowance } from "./copy-file.ts";
import { settle, takenNothing, type UnsettledLayer } from "./settle.ts";

const mebi = 1024 * 1024;

/** An empty layer that takes this from so many empty lower ones. */
function unsettled(layer: Partial<UnpackedLayer>, lowers = 1): UnsettledLayer & { readonly top: string } {
  const directory = mkdtempDisposableSync(join(tmpdir(), "stowage-settle-"));
  onTestFinished(() => directory.remove());
  const root = join(directory.path, "staged/diff");
  mkdirSync(root, { recursive: true });
  const roots = Array.from({ length: lowers }, (_, at) => join(directory.path, `lower-${at}`));
  for (const lower of roots) mkdirSync(lower);
  const plain = { bytes: 0, inodes: 0, tarSize: 0, impliedDirectories: [], lowerLinks: [], whiteouts: [] };
  return { root, layer: { ...plain, ...layer }, lowers: roots, taken: takenNothing(), top: roots[0] ?? "" };
}

/** Makes the implied directories, in the layer and in the lowest one. */
function makeDirectories({ root, lowers, layer }: UnsettledLayer): void {
  for (const path of layer.impliedDirectories) {
    for (const tree of [root, ...lowers.slice(-1)]) mkdirSync(join(tree, path));
  }
}

const many = Array.from({ length: 2000 }, (_, at) => `${at}`);

test("lets the event loop run while it dresses many directories", async () => {
  const layer = unsettled({ impliedDirectories: many }, 20);
  makeDirectories(layer);
  let turns = 0;
  let next = setImmediate(function turn() {
    turns += 1;
    next = setImmediate(turn);
  });
  await settle(layer);
  clearImmediate(next);
  expect(turns).toBeGreaterThan(3);
});

test("stops with the reason of the signal while it dresses directories", async () => {
  const layer = unsettled({ impliedDirectories: many }, 20);
  makeDirectories(layer);
  const controller = new AbortController();
  const reason = new Error("enough");
  setImmediate(() => controller.abort(reason));
  await expect(settle(layer, { signal: controller.signal })).rejects.toBe(reason);
});

test.skipIf(process.getuid?.() !== 0)(
  "keeps whiteouts only where a layer below has the directory that they are in (needs root)",
  async () => {
    const whiteouts = ["shared/gone", "own/idle"];
    const layer = unsettled({ whiteouts, impliedDirectories: ["shared", "own"] });
    for (const path of ["shared", "own", "../../lower-0/shared"]) mkdirSync(join(layer.root, path));
    for (const path of whiteouts) execFileSync("mknod", [join(layer.root, path), "c", "0", "0"]);
    await settle(layer);
    await settle(layer);
    expect(readdirSync(join(layer.root, "shared"))).toEqual(["gone"]);
    expect(readdirSync(join(layer.root, "own"))).toEqual([]);
    expect(layer.taken.files).toBe(-1);
  },
);

// A look at each directory above, in each layer, would take minutes.
test("looks for a deep tree only in layers that have a part in it", async () => {
  const paths = Array.from({ length: 500 }, (_, at) => "d/".repeat(at + 1).slice(0, -1));
  const layer = unsettled({ impliedDirectories: paths }, 100);
  mkdirSync(join(layer.root, paths.at(-1) ?? ""), { recursive: true });
  await settle(layer);
  expect(lstatSync(join(layer.root, paths.at(-1) ?? "")).mtimeMs).toBe(0);
});

test("copies a file up with its holes", async () => {
  const layer = unsettled({ lowerLinks: [{ path: "alias", target: "dir/sparse" }] });
  const sparse = join(layer.top, "dir/sparse");
  mkdirSync(dirname(sparse));
  writeFileSync(sparse, Buffer.alloc(3 * mebi, "data"));
  truncateSync(sparse, 128 * mebi);
  await settle(layer);
  const status = lstatSync(join(layer.root, "alias"));
  expect(status).toMatchObject({ size: 128 * mebi, nlink: 2 });
  expect(status.blocks * 512).toBeLessThan(8 * mebi);
  expect(layer.taken).toMatchObject({ bytes: status.blocks * 512, files: 1, directories: new Set(["dir"]) });
  execFileSync("cmp", [sparse, join(layer.root, "dir/sparse")]);
});

test("stops in the middle of a file, and copies all of it when tried again", async () => {
  const layer = unsettled({ lowerLinks: [{ path: "alias", target: "big" }] });
  const big = Buffer.alloc(64 * mebi, "data");
  writeFileSync(join(layer.top, "big"), big);
  const controller = new AbortController();
  const reason = new Error("enough");
  setImmediate(() => controller.abort(reason));
  await expect(settle(layer, { signal: controller.signal })).rejects.toBe(reason);
  await settle(layer);
  expect(readFileSync(join(layer.root, "alias")).equals(big)).toBe(true);
  expect(layer.taken.files).toBe(1);
});

test("refuses to copy more than the allowance", async () => {
  const layer = unsettled({ lowerLinks: ["a", "b"].map((name) => ({ path: `alias-${name}`, target: name })) });
  for (const name of ["a", "b"]) writeFileSync(join(layer.top, name), Buffer.alloc(mebi, 1));
  const refused = settle(layer, { allowance: new CopyAllowance(1.5 * mebi) });
  await expect(refused).rejects.toMatchObject({ code: "invalid-argument", message: /more than 1572864 bytes/ });
});

const privileged = test.skipIf(process.getuid?.() !== 0);

privileged(
  "hides what is below an opaque root name by name, since overlayfs does not (needs root for whiteouts)",
  async () => {
    const layer = unsettled({}, 2);
    const [top = "", bottom = ""] = layer.lowers;
    for (const [tree, name] of [
      [top, "above"],
      [bottom, "below"],
      [bottom, "kept"],
      [layer.root, "kept"],
    ] as const) {
      mkdirSync(join(tree, name));
    }
    execFileSync("mknod", [join(top, "hidden"), "c", "0", "0"]);
    writeFileSync(join(bottom, "hidden"), "");
    setXattr(layer.root, "trusted.overlay.opaque", Buffer.from("y"));
    utimesSync(layer.root, 5, 5);
    for (let turn = 0; turn < 2; turn += 1) await settle(layer);
    expect(readdirSync(layer.root).toSorted()).toEqual(["above", "below", "kept"]);
    expect(lstatSync(join(layer.root, "above")).isCharacterDevice()).toBe(true);
    expect(lstatSync(join(layer.root, "kept")).isDirectory()).toBe(true);
    expect(lstatSync(layer.root).mtimeMs).toBe(5000);
    expect(layer.taken.files).toBe(2);
  },
);

test("refuses a hard link in the path of one's target", async () => {
  const layer = unsettled({ lowerLinks: [{ path: "d", target: "d/f" }] });
  mkdirSync(join(layer.top, "d"));
  writeFileSync(join(layer.top, "d/f"), "");
  await expect(settle(layer)).rejects.toMatchObject({ code: "invalid-argument" });
});
