import { mkdirSync, mkdtempDisposableSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { mount, unmount } from "./mount.ts";
import { parseMountOptions } from "./mount-options.ts";
import { splitLowerDirs } from "./mount-overlay.ts";
import { readMounts } from "./mount-table.ts";

test.for([
  { options: ["ro", "nodev"], means: { flags: 1 | 4, propagation: 0, data: [] } },
  { options: ["ro", "rw", "size=1m"], means: { flags: 0, propagation: 0, data: ["size=1m"] } },
  { options: ["rbind", "rshared"], means: { flags: 4096 | 16384, propagation: 0x100000 | 16384, data: [] } },
  {
    options: ["lowerdir=/a:/b", "xino=off"],
    means: { flags: 0, propagation: 0, data: ["lowerdir=/a:/b", "xino=off"] },
  },
])("sorts $options", ({ options, means }) => {
  expect(parseMountOptions(options)).toEqual(means);
});

test.for([
  { value: "/a", gives: ["lowerdir+=/a"] },
  { value: "/a:/b", gives: ["lowerdir+=/a", "lowerdir+=/b"] },
  { value: "/a\\:1:/b::/c::/d", gives: ["lowerdir+=/a:1", "lowerdir+=/b", "datadir+=/c", "datadir+=/d"] },
])("splits lowerdir=$value", ({ value, gives }) => {
  expect(splitLowerDirs(value).map(({ option, path }) => `${option}=${path}`)).toEqual(gives);
});

const needsRoot = process.getuid?.() !== 0;

test.skipIf(needsRoot)("mounts and unmounts a read-only bind (needs root)", () => {
  const { path, target } = openScratch();
  mkdirSync(join(path, "source"));
  mount({ type: "bind", source: join(path, "source"), target, options: ["bind", "ro", "nodev"] });
  const found = readMounts().find((entry) => entry.target === target);
  expect(found?.options).toEqual(expect.arrayContaining(["ro", "nodev"]));
  unmount(target);
  expect(readMounts().some((entry) => entry.target === target)).toBe(false);
});

test.skipIf(needsRoot).for([
  { name: "few layers through mount(2)", layers: 3 },
  { name: "more layers than fit a page, through fsopen(2)", layers: 120 },
])("mounts an overlay of $name (needs root and, for many, Linux 6.8)", ({ layers }) => {
  const { path, target } = openScratch();
  const lower = Array.from({ length: layers }, (_, index) => join(path, `layer-with-a-long-name:${index}`));
  for (const [index, directory] of lower.entries()) {
    mkdirSync(directory);
    writeFileSync(join(directory, `file-${index}`), "");
  }
  const lowerdir = lower.map((directory) => directory.replaceAll(":", "\\:")).join(":");
  mount({ type: "overlay", source: "overlay", target, options: ["ro", "nosuid", `lowerdir=${lowerdir}`] });
  expect(readdirSync(target)).toHaveLength(layers);
  expect(readMounts().find((entry) => entry.target === target)?.options).toContain("nosuid");
  unmount(target, { lazy: true });
});

test("says which target it cannot mount on or unmount", () => {
  const target = "/nonexistent/target";
  expect(() => mount({ type: "tmpfs", source: "tmpfs", target, options: [] })).toThrow(target);
  expect(() => unmount(target)).toThrow(target);
});

function openScratch(): { readonly path: string; readonly target: string } {
  const directory = mkdtempDisposableSync(join(tmpdir(), "stowage-linux-"));
  const { path } = directory;
  onTestFinished(() => directory.remove());
  const target = join(path, "target");
  mkdirSync(target);
  return { path, target };
}
