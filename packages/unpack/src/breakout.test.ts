import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { StowageError } from "@stowage/errors";
import type { TarFile } from "@stowage/tar";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  archiveOf,
  describeTree,
  inMemory,
  needsRoot,
  openScratch,
  type Scratch,
  unpackFiles,
} from "./layer-fixture.test.support.ts";
import { unpackLimits } from "./limits.ts";
import { unpackLayer } from "./unpack-layer.ts";

let scratch: Scratch;
let outside: string;
let before: Readonly<Record<string, string>>;

beforeEach(() => {
  scratch = openScratch();
  outside = join(scratch.path, "outside");
  mkdirSync(join(outside, "dir"), { recursive: true });
  writeFileSync(join(outside, "canary"), "alive");
  before = describeTree(outside);
});

afterEach(() => scratch[Symbol.dispose]());

const file = (name: string): TarFile => ({ kind: "file", name, mode: 0o6777, uid: 1, content: Buffer.from("owned") });
const link = (name: string, linkName: string): TarFile => ({ kind: "symlink", name, linkName });
const hard = (name: string, linkName: string): TarFile => ({ kind: "hardlink", name, linkName, mode: 0o6777, uid: 1 });
const dir = (name: string): TarFile => ({ kind: "directory", name, mode: 0o6777, uid: 1 });

test.skipIf(needsRoot).for<{ what: string; files: (outside: string) => readonly TarFile[] }>([
  { what: "a file through a symlink out", files: (out) => [link("l", out), file("l/canary")] },
  { what: "a file through a relative symlink out", files: () => [link("l", "../outside"), file("l/canary")] },
  { what: "dots", files: () => [file("../outside/canary"), file("a/../../outside/canary")] },
  { what: "an absolute name", files: (out) => [file(`${out}/canary`)] },
  { what: "an absolute name of a directory", files: (out) => [dir(out), dir(`${out}/dir`)] },
  { what: "a hard link outside", files: (out) => [hard("h", `${out}/canary`), hard("i", "../outside/canary")] },
  {
    what: "threat 8, chmod through a symlink",
    files: (out) => [link("l", `${out}/canary`), { ...link("l", `${out}/canary`), mode: 0o6777, uid: 1 }],
  },
  {
    what: "threat 8, chmod through a hard link to a symlink",
    files: (out) => [link("l", `${out}/canary`), hard("h", "l")],
  },
  { what: "threat 8, a directory over a symlink to one", files: (out) => [link("l", `${out}/dir`), dir("l")] },
  {
    what: "threat 10, up through a chain of symlinks",
    files: () => [
      dir("a/b/c"),
      link("a/b/c/up", "../.."),
      link("a/b/escape", "c/up/../.."),
      file("a/b/escape/../outside/canary"),
      hard("x", "a/b/escape/outside/canary"),
    ],
  },
  {
    what: "threat 10, a hard link through a symlink out",
    files: (out) => [link("l", out), hard("h", "l/canary"), file("h")],
  },
  {
    what: "threat 10, a file over a hard link to a symlink",
    files: (out) => [link("l", `${out}/canary`), hard("h", "l"), file("h"), file("l")],
  },
  { what: "threat 10, a symlink with a slash at its end", files: (out) => [link("l/", out), file("l/canary")] },
  { what: "a loop of symlinks", files: () => [link("a", "b"), link("b", "a"), file("a/x")] },
  { what: "a symlink to itself", files: () => [link("a", "a"), file("a/x")] },
  { what: "a whiteout of the parent", files: () => [file(".wh..."), file("../outside/.wh.canary")] },
  {
    what: "a whiteout through a symlink",
    files: (out) => [link("l", out), file("l/.wh.canary"), file("l/.wh..wh..opq")],
  },
  {
    what: "a magic link",
    files: () => [link("l", "/proc/self/cwd"), file("l/canary"), link("m", "/proc/self/root"), file("m/tmp/canary")],
  },
  {
    what: "a directory that becomes a symlink",
    files: (out) => [dir("d"), file("d/x"), link("d", out), file("d/canary"), dir("d/dir")],
  },
  {
    what: "a device over a symlink",
    files: (out) => [
      link("l", `${out}/canary`),
      { kind: "character", name: "l", deviceMajor: 1, deviceMinor: 3, mode: 0o666 },
    ],
  },
])("UNP-01: touches nothing outside: $what (needs root)", async ({ files }) => {
  await unpackFiles(files(outside), scratch.layer).catch((error: unknown) =>
    expect(error).toBeInstanceOf(StowageError),
  );
  expect(describeTree(outside)).toEqual(before);
  expect(readdirSync(scratch.path).toSorted()).toEqual(["layer", "outside"]);
});

test.skipIf(needsRoot)("UNP-01: follows a symlink of the layer inside it, as chroot would (needs root)", async () => {
  await unpackFiles(
    [link("lib", "/usr/lib"), file("lib/x"), link("up", "../../../usr"), file("up/y"), hard("z", "lib/x")],
    scratch.layer,
  );
  expect(Object.keys(describeTree(join(scratch.layer, "usr")))).toEqual([".", "lib", "lib/x", "y"]);
  expect(statSync(join(scratch.layer, "z")).nlink).toBe(2);
});

test.skipIf(needsRoot)("threat 11, a hard link is never looked for in the working directory (needs root)", async () => {
  const canary = `canary-${process.pid}`;
  writeFileSync(canary, "alive");
  try {
    const { lowerLinks } = await unpackFiles([hard("h", canary)], scratch.layer);
    expect(lowerLinks).toEqual([{ path: "h", target: canary }]);
    expect(existsSync(join(scratch.layer, "h"))).toBe(false);
    expect(statSync(canary)).toMatchObject({ nlink: 1, uid: 0 });
  } finally {
    rmSync(canary);
  }
});

test.for(["./", "/", ".", "a/.."])("UNP-02, threat 12: refuses the root %j as a symlink", async (name) => {
  await expect(unpackFiles([link(name, outside)], scratch.layer)).rejects.toMatchObject({ code: "invalid-argument" });
  expect(statSync(scratch.layer).isDirectory()).toBe(true);
});

test.skipIf(needsRoot)(
  "UNP-03, threat 9: a racer that swaps a directory for a symlink gets nothing outside (needs root)",
  async () => {
    const racer = new Worker(
      `const { renameSync, symlinkSync, mkdirSync } = require("node:fs");
     const [layer, outside] = require("node:worker_threads").workerData;
     for (;;) try {
       renameSync(layer + "/d", layer + "/aside");
       symlinkSync(outside, layer + "/d");
       renameSync(layer + "/d", layer + "/link");
       renameSync(layer + "/aside", layer + "/d");
     } catch { try { renameSync(layer + "/aside", layer + "/d"); } catch {} }`,
      { eval: true, workerData: [scratch.layer, outside] },
    );
    try {
      for (let round = 0; round < 20; round += 1) {
        const files = Array.from({ length: 500 }, (_, index) => [
          dir("d"),
          file(`d/${index}`),
          dir(`d/dir`),
          file("d/canary"),
        ]).flat();
        await unpackFiles(files, scratch.layer).catch(() => undefined);
      }
    } finally {
      await racer.terminate();
    }
    expect(describeTree(outside)).toEqual(before);
  },
);

test.skipIf(needsRoot)(
  "threat 23, UNP-16: damaged archives give a StowageError or a layer, and nothing outside (needs root)",
  async () => {
    const sample = archiveOf([
      dir("d"),
      file("d/f"),
      link("d/l", "../.."),
      hard("h", "d/f"),
      file("d/.wh.x"),
      file(`${"n".repeat(150)}/m`),
    ]);
    let random = 12345;
    const next = (below: number): number => {
      random = (random * 1103515245 + 12345) % 2147483648;
      return random % below;
    };
    for (let variant = 0; variant < 1000; variant += 1) {
      const damaged = Buffer.from(sample);
      if (variant % 2 === 0) for (let flips = 0; flips < 4; flips += 1) damaged[next(damaged.length)] = next(256);
      const cut = variant % 2 === 0 ? damaged : damaged.subarray(0, next(damaged.length - 1024));
      const layer = join(scratch.path, "layer", `${variant}`);
      mkdirSync(layer);
      const job = { fd: -1, size: cut.length, directory: layer, algorithm: "sha256", limits: unpackLimits } as const;
      await unpackLayer(inMemory(cut), job).catch((error: unknown) => expect(error).toBeInstanceOf(StowageError));
    }
    expect(describeTree(outside)).toEqual(before);
    expect(readdirSync(scratch.path).toSorted()).toEqual(["layer", "outside"]);
  },
);
