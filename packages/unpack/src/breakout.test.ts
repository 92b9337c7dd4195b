import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { StowageError } from "@stowage/errors";
import type { TarFile } from "@stowage/tar";
import { beforeEach, expect, test } from "vitest";
import {
  archiveOf,
  describeTree,
  type GuardedScratch,
  guardedScratch,
  inMemory,
  needsRoot,
  unpackFiles,
} from "./layer-fixture.test.support.ts";
import { unpackLimits } from "./limits.ts";
import { unpackLayer } from "./unpack-layer.ts";

let scratch: GuardedScratch;

beforeEach(() => {
  scratch = guardedScratch("canary");
});

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
    what: "CVE-2021-32760, chmod through a symlink",
    files: (out) => [link("l", `${out}/canary`), { ...link("l", `${out}/canary`), mode: 0o6777, uid: 1 }],
  },
  {
    what: "CVE-2021-32760, chmod through a hard link to a symlink",
    files: (out) => [link("l", `${out}/canary`), hard("h", "l")],
  },
  { what: "CVE-2021-32760, a directory over a symlink to one", files: (out) => [link("l", `${out}/dir`), dir("l")] },
  {
    what: "CVE-2026-26960, up through a chain of symlinks",
    files: () => [
      dir("a/b/c"),
      link("a/b/c/up", "../.."),
      link("a/b/escape", "c/up/../.."),
      file("a/b/escape/../outside/canary"),
      hard("x", "a/b/escape/outside/canary"),
    ],
  },
  {
    what: "CVE-2026-26960, a hard link through a symlink out",
    files: (out) => [link("l", out), hard("h", "l/canary"), file("h")],
  },
  {
    what: "CVE-2026-26960, a file over a hard link to a symlink",
    files: (out) => [link("l", `${out}/canary`), hard("h", "l"), file("h"), file("l")],
  },
  { what: "CVE-2026-26960, a symlink with a slash at its end", files: (out) => [link("l/", out), file("l/canary")] },
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
  await unpackFiles(files(scratch.outside), scratch.layer).catch((error: unknown) =>
    expect(error).toBeInstanceOf(StowageError),
  );
  expect(describeTree(scratch.outside)).toEqual(scratch.untouched);
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

test.skipIf(needsRoot)(
  "CVE-2026-50163, a hard link is never looked for in the working directory (needs root)",
  async () => {
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
  },
);

test.for(["./", "/", ".", "a/.."])("UNP-02, CVE-2021-29136: refuses the root %j as a symlink", async (name) => {
  await expect(unpackFiles([link(name, scratch.outside)], scratch.layer)).rejects.toMatchObject({
    code: "invalid-argument",
  });
  expect(statSync(scratch.layer).isDirectory()).toBe(true);
});

const unpacks = process.env["STOWAGE_TEST_NIGHTLY"] === "1" ? 10_000 : 2000;

test.skipIf(needsRoot)(
  "UNP-03, CVE-2025-47290: a racer that swaps directories for symlinks, unpack after unpack, gets nothing outside (needs root)",
  async () => {
    const { layer, outside } = scratch;
    const swaps = new Int32Array(new SharedArrayBuffer(4));
    const racer = new Worker(racing, { eval: true, workerData: { layer, outside, swaps } });
    const names = Array.from({ length: 8 }, (_, at) => [dir(`d/e${at}`), file(`d/e${at}/canary`), file("d/canary")]);
    const archive = archiveOf([dir("d"), dir("d/dir"), ...names.flat(), hard("h", "d/canary"), file("d/.wh.canary")]);
    const job = {
      fd: -1,
      size: archive.length,
      directory: scratch.layer,
      algorithm: "sha256",
      limits: unpackLimits,
    } as const;
    const outcomes = { whole: 0, broken: 0 };
    try {
      for (let round = 0; round < unpacks; round += 1) {
        const unpacking = unpackLayer(inMemory(archive), job);
        await unpacking.then(
          () => void (outcomes.whole += 1),
          () => void (outcomes.broken += 1),
        );
        if (round % 100 === 0) expect(describeTree(scratch.outside)).toEqual(scratch.untouched);
      }
    } finally {
      await racer.terminate();
    }
    expect(describeTree(scratch.outside)).toEqual(scratch.untouched);
    expect(Atomics.load(swaps, 0)).toBeGreaterThan(unpacks / 10);
    expect(outcomes.broken).toBeGreaterThan(0);
  },
  120_000,
);

/** Puts a symlink to the outside in the place of whatever directories there are, over and over. */
const racing = `
  const { renameSync, symlinkSync, rmSync } = require("node:fs");
  const { layer, outside, swaps } = require("node:worker_threads").workerData;
  const attempt = (step) => { try { step(); return true; } catch { return false; } };
  const swap = (path) => {
    if (!attempt(() => renameSync(path, layer + "/aside"))) return;
    if (attempt(() => symlinkSync(outside, path))) Atomics.add(swaps, 0, 1);
    attempt(() => rmSync(path));
    if (!attempt(() => renameSync(layer + "/aside", path))) rmSync(layer + "/aside", { recursive: true, force: true });
  };
  for (let turn = 0; ; turn += 1) attempt(() => swap(layer + ["/d", "/d/e" + (turn % 8), "/d/dir"][turn % 3]));
`;

test.skipIf(needsRoot)(
  "CVE-2021-20291, UNP-16: damaged archives give a StowageError or a layer, and nothing outside (needs root)",
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
    expect(describeTree(scratch.outside)).toEqual(scratch.untouched);
    expect(readdirSync(scratch.path).toSorted()).toEqual(["layer", "outside"]);
  },
);
