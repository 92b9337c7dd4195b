import { closeSync, mkdtempDisposableSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  linkAt,
  makeDirAt,
  makeNodeAt,
  nodeKinds,
  readLinkAt,
  renameAt,
  symlinkAt,
  unlinkAt,
} from "./directory-entry.ts";
import { statAt } from "./file-status.ts";

test("makes, links, moves and removes names in an open directory", () => {
  const dir = openScratch();
  makeDirAt(dir, "d", 0o755);
  symlinkAt("d/nowhere", dir, "s");
  linkAt({ dirFd: dir, name: "s" }, { dirFd: dir, name: "hard" });
  renameAt({ dirFd: dir, name: "s" }, { dirFd: dir, name: "moved" });
  expect(String(readLinkAt(dir, "moved"))).toBe("d/nowhere");
  expect(statAt(dir, "hard")).toMatchObject({ kind: "symlink", links: 2 });
  unlinkAt(dir, "hard");
  unlinkAt(dir, "d", { directory: true });
  expect(readdirSync(`/proc/self/fd/${dir}`)).toEqual(["moved"]);
});

test("keeps names that are not UTF-8", () => {
  const dir = openScratch();
  const name = Buffer.from([0x66, 0xff, 0xfe]);
  symlinkAt(Buffer.from([0xfd]), dir, name);
  expect(readdirSync(`/proc/self/fd/${dir}`, { encoding: "buffer" })).toEqual([name]);
  expect(readLinkAt(dir, name)).toEqual(Buffer.from([0xfd]));
});

test.skipIf(process.getuid?.() !== 0).for([
  { mode: nodeKinds.fifo, kind: "fifo", major: 0, minor: 0 },
  { mode: nodeKinds.character, kind: "character", major: 0, minor: 0 },
  { mode: nodeKinds.character, kind: "character", major: 4095, minor: 1048575 },
  { mode: nodeKinds.block, kind: "block", major: 8, minor: 300 },
])("makes a $kind $major:$minor (devices need root)", ({ mode, kind, major, minor }) => {
  const dir = openScratch();
  makeNodeAt(dir, "node", { mode: mode | 0o600, major, minor });
  expect(statAt(dir, "node")).toMatchObject({ kind, mode: 0o600, deviceMajor: major, deviceMinor: minor });
});

test("fails as Node does", () => {
  const dir = openScratch();
  expect(() => unlinkAt(dir, "absent")).toThrow(
    expect.objectContaining({ code: "ENOENT", errno: -2, syscall: "unlinkat", path: "absent" }),
  );
  writeFileSync(`/proc/self/fd/${dir}/file`, "");
  expect(() => makeDirAt(dir, "file", 0o755)).toThrow(expect.objectContaining({ code: "EEXIST" }));
});

test.for(["a\0b", Buffer.from("a\0b"), "\0"])("refuses a NUL inside %j", (name) => {
  expect(() => makeDirAt(0, name, 0o755)).toThrow(TypeError);
});

function openScratch(): number {
  const directory = mkdtempDisposableSync(join(tmpdir(), "stowage-linux-"));
  const fd = openSync(directory.path, "r");
  onTestFinished(() => {
    closeSync(fd);
    directory.remove();
  });
  return fd;
}
