import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTree } from "./read-tree.ts";
import type { Directory } from "./tree.ts";
import { writeTree } from "./write-tree.ts";

const isRoot = process.getuid?.() === 0;

function inTemporaryDirectory(run: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), "crash-replay-test-"));
  try {
    run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("writes the tree that it reads", () => {
  inTemporaryDirectory((directory) => {
    const from = join(directory, "from");
    mkdirSync(join(from, "full/nested"), { recursive: true });
    writeFileSync(
      join(from, "full/file"),
      Buffer.concat([Buffer.from("start"), Buffer.alloc(9000), Buffer.from("end")]),
    );
    chmodSync(join(from, "full/file"), 0o440);
    chmodSync(join(from, "full/nested"), 0o1750);
    linkSync(join(from, "full/file"), join(from, "full/nested/link"));
    symlinkSync(Buffer.from([0x2e, 0x2e, 0x2f, 0xff]), join(from, "full/symbolic"));
    writeFileSync(Buffer.concat([Buffer.from(from), Buffer.from([0x2f, 0xff, 0x27, 0x24, 0x0a])]), "an odd name");
    execFileSync("mkfifo", [join(from, "full/pipe")]);
    if (isRoot) execFileSync("mknod", [join(from, "full/device"), "c", "0", "0"]);
    const tree = readTree(from);
    writeTree(tree, join(directory, "to"));
    expect(readTree(join(directory, "to"))).toEqual(tree);
    expect(statSync(join(directory, "to/full/file")).ino).toBe(statSync(join(directory, "to/full/nested/link")).ino);
  });
});

const attributes = { mode: 0o644, xattrs: new Map([["user.a", Buffer.from("value")]]) };
const owned: Directory = {
  kind: "directory",
  inode: 0,
  mode: 0o700,
  xattrs: new Map(),
  entries: new Map([["f", { kind: "file", inode: 1, ...attributes, owner: { uid: 12 }, content: Buffer.from("x") }]]),
};

test("gives extended attributes to whoever can set them", () => {
  inTemporaryDirectory((directory) => {
    const set: unknown[] = [];
    writeTree(owned, directory, { setXattr: (path, name, value) => set.push([path.toString(), name, value]) });
    expect(set).toEqual([[join(directory, "f"), "user.a", Buffer.from("value")]]);
  });
});

test.skipIf(!isRoot)("gives files to their owners, which needs root", () => {
  inTemporaryDirectory((directory) => {
    writeTree(owned, directory);
    const { uid, gid } = statSync(join(directory, "f"));
    expect({ uid, gid }).toEqual({ uid: 12, gid: process.getgid?.() });
  });
});
