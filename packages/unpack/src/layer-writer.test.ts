import { execFileSync } from "node:child_process";
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type FileStatus, findXattr, listXattrs, readLinkAt, statAt } from "@stowage/linux";
import type { TarFile } from "@stowage/tar";
import { expect, test } from "vitest";
import { describeTree, layerOf, needsRoot, scratch, unpacker, unpackFiles } from "./layer-fixture.test.support.ts";

const time = 1_234_567_890_123_456_789n;

function status(layer: string, path: string): FileStatus {
  const fd = openSync(layer, "r");
  try {
    return statAt(fd, path);
  } finally {
    closeSync(fd);
  }
}

test.skipIf(needsRoot).for<TarFile>([
  { kind: "directory", name: "it", mode: 0o3750 },
  { kind: "file", name: "it", mode: 0o4711, content: Buffer.from("text") },
  { kind: "file", name: "it", mode: 0o2600, uid: 4294967294, gid: 4294967294 },
  { kind: "symlink", name: "it", linkName: "no/where" },
  { kind: "fifo", name: "it", mode: 0o622 },
  { kind: "character", name: "it", mode: 0o666, deviceMajor: 1, deviceMinor: 3 },
  { kind: "block", name: "it", mode: 0o660, deviceMajor: 7, deviceMinor: 300 },
])("UNP-07: writes a $kind with owner, mode and time (needs root)", async (file) => {
  const { layer } = scratch();
  const entry = { uid: 12, gid: 3_000_000_000, ...file, mtime: time };
  await unpackFiles([entry], layer);
  const { content, linkName, name: _, ...rest } = { mode: 0o777, ...entry };
  expect(status(layer, "it")).toMatchObject(rest);
  if (content !== undefined) expect(readFileSync(join(layer, "it"))).toEqual(content);
  if (linkName !== undefined) {
    const fd = openSync(layer, "r");
    expect(String(readLinkAt(fd, "it"))).toBe(linkName);
    closeSync(fd);
  }
});

test.skipIf(needsRoot)("UNP-07: keeps a capability, which a later chown would drop (needs root)", async () => {
  const { layer } = scratch();
  const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
  const xattrs = new Map([
    ["security.capability", capability],
    ["user.x", Buffer.from([0, 255])],
    ["trusted.other", Buffer.from("1")],
  ]);
  await unpackFiles([{ kind: "file", name: "f", uid: 7, mode: 0o4755, xattrs }], layer);
  expect(findXattr(join(layer, "f"), "security.capability")).toEqual(capability);
  expect(findXattr(join(layer, "f"), "user.x")).toEqual(Buffer.from([0, 255]));
  expect(findXattr(join(layer, "f"), "trusted.other")).toEqual(Buffer.from("1"));
  expect(status(layer, "f")).toMatchObject({ uid: 7, mode: 0o4755 });
});

test.skipIf(needsRoot)(
  "UNP-07: keeps the capability of a file that has a hard link without it (needs root)",
  async () => {
    const { layer } = scratch();
    const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
    const xattrs = new Map([["security.capability", capability]]);
    // As GNU tar writes them: the xattrs once.
    await unpackFiles(
      [
        { kind: "file", name: "f", uid: 7, xattrs },
        { kind: "hardlink", name: "g", linkName: "f", uid: 7 },
      ],
      layer,
    );
    expect(findXattr(join(layer, "g"), "security.capability")).toEqual(capability);
  },
);

test.skipIf(needsRoot)(
  "threat 28, overlay xattrs: leaves out what overlayfs reads, keeps the others (needs root)",
  async () => {
    const { layer } = scratch();
    const names = ["trusted.overlay.opaque", "trusted.overlay.redirect", "user.overlay.opaque", "user.kept"];
    const xattrs = new Map(names.map((name) => [name, Buffer.from("y")]));
    await unpackFiles(
      [
        { kind: "directory", name: "d", xattrs },
        { kind: "file", name: "f", xattrs },
      ],
      layer,
    );
    for (const name of ["d", "f"]) expect(listXattrs(join(layer, name)).map(String)).toEqual(["user.kept"]);
  },
);

test.skipIf(needsRoot).for([
  { deviceMajor: 0, deviceMinor: 0 },
  { deviceMajor: 4096, deviceMinor: 0 },
  { deviceMajor: 0, deviceMinor: 1048576 },
])("threat 28, devices: refuses a character device $deviceMajor:$deviceMinor (needs root)", async (device) => {
  const { layer } = scratch();
  await expect(unpackFiles([{ kind: "character", name: "c", ...device }], layer)).rejects.toMatchObject({
    code: "invalid-argument",
  });
  expect(readdirSync(layer)).toEqual([]);
});

test.skipIf(needsRoot)(
  "keeps an xattr that a special file cannot have from failing the layer (needs root)",
  async () => {
    const { layer } = scratch();
    const xattrs = new Map([["user.x", Buffer.from("1")]]);
    await unpackFiles(
      [
        { kind: "fifo", name: "p", xattrs },
        { kind: "symlink", name: "s", linkName: "p", xattrs },
      ],
      layer,
    );
    expect(listXattrs(join(layer, "p"))).toEqual([]);
  },
);

test.skipIf(needsRoot)("gives hard links one file, and sets times of directories last (needs root)", async () => {
  const { layer } = scratch();
  const counted = await unpackFiles(
    [
      { kind: "directory", name: "./", mode: 0o711, mtime: time },
      { kind: "directory", name: "d", mtime: time },
      { kind: "file", name: "d/f", content: Buffer.alloc(5000, 1), mtime: time },
      { kind: "hardlink", name: "d/g", linkName: "/d/f", mtime: time },
      { kind: "symlink", name: "d/s", linkName: "f" },
      { kind: "hardlink", name: "t", linkName: "d/s", mtime: time },
    ],
    layer,
  );
  expect(status(layer, "d/g")).toMatchObject({ links: 2, inode: status(layer, "d/f").inode, mtime: time });
  expect(status(layer, "t")).toMatchObject({ kind: "symlink", links: 2, mtime: time });
  expect(status(layer, "d").mtime).toBe(time);
  expect(status(layer, ".")).toMatchObject({ mode: 0o711, mtime: time });
  expect(counted).toMatchObject({ inodes: 4, impliedDirectories: [], lowerLinks: [] });
});

test.skipIf(needsRoot)("counts the disk and the inodes as du does, replaced files not (needs root)", async () => {
  const { layer } = scratch();
  const { bytes, inodes } = await unpackFiles(
    [
      ...Array.from(
        { length: 300 },
        (_, index): TarFile => ({ kind: "file", name: `many/deep/${index}`, content: Buffer.alloc(index * 50) }),
      ),
      { kind: "file", name: "big", content: Buffer.alloc(3_000_000, 1) },
      { kind: "hardlink", name: "same", linkName: "big" },
      { kind: "file", name: "gone", content: Buffer.alloc(100_000, 1) },
      { kind: "file", name: "gone", content: Buffer.alloc(1) },
      { kind: "directory", name: "tree/below" },
      { kind: "file", name: "tree/below/f", content: Buffer.alloc(9000) },
      { kind: "symlink", name: "tree", linkName: "x".repeat(100) },
      { kind: "file", name: ".wh.hidden" },
    ],
    layer,
  );
  expect(`${bytes}`).toBe(
    execFileSync("du", ["--summarize", "--block-size=1", layer], { encoding: "utf8" }).split("\t")[0],
  );
  expect(`${inodes}`).toBe(execFileSync("du", ["--summarize", "--inodes", layer], { encoding: "utf8" }).split("\t")[0]);
});

test.skipIf(needsRoot)("UNP-11: leaves the holes of a sparse file empty (needs root)", async () => {
  const { layer, path } = scratch();
  execFileSync(
    "sh",
    ["-c", "truncate -s 8M s && printf abc | dd of=s bs=1 seek=4194304 conv=notrunc status=none && tar -S -cf t.tar s"],
    { cwd: path },
  );
  await unpacker.unpack(layerOf(readFileSync(join(path, "t.tar"))), layer);
  expect(readFileSync(join(layer, "s")).equals(readFileSync(join(path, "s")))).toBe(true);
  expect(lstatSync(join(layer, "s")).blocks).toBeLessThan(64);
});

const file = (name: string, text = ""): TarFile => ({ kind: "file", name, content: Buffer.from(text) });
const dir = (name: string): TarFile => ({ kind: "directory", name, mode: 0o700 });

const isWhiteout = (layer: string, path: string): boolean => {
  const { kind, deviceMajor, deviceMinor } = status(layer, path);
  return kind === "character" && deviceMajor === 0 && deviceMinor === 0;
};
const opaqueOf = (layer: string, path: string): string =>
  String(findXattr(join(layer, path), "trusted.overlay.opaque"));

test.skipIf(needsRoot)(
  "UNP-04: hides names by whiteouts, also twice and in missing directories (needs root)",
  async () => {
    const { layer } = scratch();
    const { impliedDirectories } = await unpackFiles(
      [dir("."), file(".wh.a"), file(".wh.a"), file("x/y/.wh.b")],
      layer,
    );
    expect(isWhiteout(layer, "a")).toBe(true);
    expect(isWhiteout(layer, "x/y/b")).toBe(true);
    expect(impliedDirectories).toEqual(["x", "x/y"]);
  },
);

test.skipIf(needsRoot).for([
  { order: "before", turn: false },
  { order: "behind", turn: true },
])("UNP-04: keeps what the layer has itself, its whiteout $order it (needs root)", async ({ turn }) => {
  const { layer } = scratch();
  const files = [file("f", "kept"), dir("d"), file("d/inside"), dir("i"), file("i/j/k")];
  const hiding = [file(".wh.f"), file(".wh.d"), file("d/.wh.never"), file("i/.wh.j")];
  const { impliedDirectories } = await unpackFiles(
    [dir("."), ...(turn ? [...files, ...hiding] : [...hiding, ...files])],
    layer,
  );
  expect(readFileSync(join(layer, "f"), "utf8")).toBe("kept");
  expect(readdirSync(join(layer, "d"))).toEqual(["inside"]);
  expect(opaqueOf(layer, "d")).toBe("y");
  expect(opaqueOf(layer, "i/j")).toBe("y");
  expect(opaqueOf(layer, "i")).toBe("undefined");
  expect(status(layer, "d").mode).toBe(0o700);
  expect(impliedDirectories).toEqual([]);
});

test.skipIf(needsRoot).for([
  { order: "before", turn: false },
  { order: "behind", turn: true },
])(
  "UNP-05: an opaque marker $order the entries hides the same, and no whiteout stays inside (needs root)",
  async ({ turn }) => {
    const { layer } = scratch();
    const files = [file("d/.wh.a"), file("d/sub/.wh.b"), file("d/own")];
    const marker = [file("d/.wh..wh..opq")];
    const { impliedDirectories } = await unpackFiles(
      [dir("."), ...(turn ? [...files, ...marker] : [...marker, ...files])],
      layer,
    );
    expect(opaqueOf(layer, "d")).toBe("y");
    expect(Object.keys(describeTree(join(layer, "d")))).toEqual([".", "own", "sub"]);
    expect(impliedDirectories).toEqual(["d"]);
  },
);

test.skipIf(needsRoot)("UNP-05: an opaque root is passed on to the directories in it (needs root)", async () => {
  const { layer } = scratch();
  await unpackFiles([file("d/e/f"), file(".wh..wh..opq")], layer);
  expect(opaqueOf(layer, "d")).toBe("y");
});

test.for([".wh.", ".wh..", ".wh...", "d/.wh."])("UNP-06: refuses the whiteout %j", async (name) => {
  const { layer } = scratch();
  await expect(unpackFiles([file(name)], layer)).rejects.toMatchObject({ code: "invalid-argument" });
});

test.skipIf(needsRoot).for<{ what: string; files: readonly TarFile[]; gives: string }>([
  { what: "a file over a file", files: [file("x", "1"), file("x", "2")], gives: "file" },
  { what: "a file over a directory", files: [dir("x"), file("x/y/z"), file("x")], gives: "file" },
  { what: "a directory over a file", files: [file("x"), dir("x")], gives: "directory" },
  { what: "a file over a symlink", files: [{ kind: "symlink", name: "x", linkName: "y" }, file("x")], gives: "file" },
  {
    what: "a symlink over a directory",
    files: [dir("x"), file("x/y"), { kind: "symlink", name: "x", linkName: "y" }],
    gives: "symlink",
  },
  {
    what: "a hard link over a file",
    files: [file("y"), file("x"), { kind: "hardlink", name: "x", linkName: "y" }],
    gives: "file",
  },
  {
    what: "a hard link over itself",
    files: [file("x"), { kind: "hardlink", name: "x", linkName: "./x" }],
    gives: "file",
  },
  {
    what: "a fifo over a fifo",
    files: [
      { kind: "fifo", name: "x" },
      { kind: "fifo", name: "x" },
    ],
    gives: "fifo",
  },
])("UNP-13: of two entries the later counts: $what (needs root)", async ({ files, gives }) => {
  const { layer } = scratch();
  await unpackFiles(files, layer);
  expect(status(layer, "x").kind).toBe(gives);
});

test.skipIf(needsRoot)(
  "UNP-13: a directory over a directory keeps what is in it and takes the new owner (needs root)",
  async () => {
    const { layer } = scratch();
    await unpackFiles(
      [dir("x"), file("x/y"), { kind: "directory", name: "x/", uid: 5, mode: 0o1777, mtime: time }],
      layer,
    );
    expect(status(layer, "x")).toMatchObject({ uid: 5, mode: 0o1777, mtime: time });
    expect(readdirSync(join(layer, "x"))).toEqual(["y"]);
  },
);

test.skipIf(needsRoot)(
  "UNP-13: a directory described twice has the xattrs of the later description alone (needs root)",
  async () => {
    const { layer } = scratch();
    const described = (key: string): TarFile => ({
      kind: "directory",
      name: "x",
      xattrs: new Map([[key, Buffer.from("1")]]),
    });
    await unpackFiles([described("user.first"), file("x/y"), described("user.second")], layer);
    expect(listXattrs(join(layer, "x")).map(String)).toEqual(["user.second"]);
  },
);

test.skipIf(needsRoot)(
  "UNP-24: a directory that nobody describes has one owner and time, also where it hides another or its parent has setgid (needs root)",
  async () => {
    const { layer } = scratch();
    const setgid: TarFile = { kind: "directory", name: "d", mode: 0o2755, gid: 100 };
    await unpackFiles([setgid, file("d/implied/f"), file(".wh.hiding"), file("hiding/f"), file("plain/f")], layer);
    for (const path of ["d/implied", "hiding", "plain"]) {
      expect(status(layer, path)).toMatchObject({ mode: 0o755, uid: 0, gid: 0, mtime: 0n });
    }
  },
);

test.skipIf(needsRoot)(
  "UNP-24: makes missing parents 0755 root and names them, unless an entry describes them (needs root)",
  async () => {
    const { layer } = scratch();
    const { impliedDirectories } = await unpackFiles(
      [file("a/b/c/f"), { kind: "directory", name: "a/b", uid: 9, mode: 0o500 }],
      layer,
    );
    expect(impliedDirectories).toEqual(["", "a", "a/b/c"]);
    expect(status(layer, "a/b/c")).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
    expect(status(layer, "a/b")).toMatchObject({ mode: 0o500, uid: 9 });
  },
);

test.skipIf(needsRoot)(
  "UNP-12: names hard links to files of lower layers, and makes those whose file comes later (needs root)",
  async () => {
    const { layer } = scratch();
    const link = (name: string, linkName: string): TarFile => ({ kind: "hardlink", name, linkName });
    const { lowerLinks } = await unpackFiles(
      [
        link("new/a", "./usr/lower"),
        link("b", "later"),
        file("later"),
        link("c", "x"),
        file("c"),
        file(".wh.new"),
        file("new/.wh.a"),
      ],
      layer,
    );
    expect(lowerLinks).toEqual([{ path: "new/a", target: "usr/lower" }]);
    expect(readdirSync(layer).toSorted()).toEqual(["b", "c", "later", "new"]);
    expect(status(layer, "b").links).toBe(2);
    await expect(unpackFiles([link("d", "gone/f"), file(".wh.gone")], layer)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  },
);

test.skipIf(needsRoot).for(["before", "behind"])(
  "UNP-12: refuses a hard link to a directory %s it (needs root)",
  async (order) => {
    const { layer } = scratch();
    const files: readonly TarFile[] = [dir("d"), { kind: "hardlink", name: "h", linkName: "d" }];
    const unpacking = unpackFiles(order === "before" ? files : files.toReversed(), layer);
    await expect(unpacking).rejects.toMatchObject({ code: "invalid-argument" });
  },
);

// A scan of all pending links for each replaced file would take minutes.
test.skipIf(needsRoot)(
  "counts the disk of an xattr that a hard link brings, also when the file goes (needs root)",
  async () => {
    const big = new Map([["user.note", Buffer.alloc(3000, "x")]]);
    const linked: TarFile[] = [dir("d"), file("d/f"), { kind: "hardlink", name: "d/g", linkName: "d/f", xattrs: big }];
    for (const files of [linked, [...linked, file("d")]]) {
      const { layer } = scratch();
      const { bytes } = await unpackFiles(files, layer);
      const [used] = execFileSync("du", ["--summarize", "--block-size=1", layer]).toString().split("\t");
      expect(bytes).toBe(Number(used));
    }
  },
);

test.skipIf(needsRoot)("UNP-12: replaces many files beside many pending links (needs root)", async () => {
  const { layer } = scratch();
  const links = Array.from(
    { length: 60_000 },
    (_, at) => ({ kind: "hardlink", name: `l${at}`, linkName: "no" }) as const,
  );
  const { lowerLinks } = await unpackFiles([...links, ...Array.from({ length: 60_000 }, () => file("x"))], layer);
  expect(lowerLinks).toHaveLength(60_000);
});

test.skipIf(needsRoot)("UNP-12: drops a pending link with the directory that it is in (needs root)", async () => {
  const { layer } = scratch();
  const link = (name: string): TarFile => ({ kind: "hardlink", name, linkName: "lower" });
  const { lowerLinks } = await unpackFiles(
    [link("d/gone"), link("d/e/gone"), link("kept/l"), dir("kept"), file("d"), dir("d"), dir("d/e"), link("d/l")],
    layer,
  );
  expect(lowerLinks.map(({ path }) => path)).toEqual(["kept/l", "d/l"]);
});

test.skipIf(needsRoot).for([
  { name: "long ago", mtime: -(2n ** 70n) },
  { name: "before 1970", mtime: -5_000_000_000n },
  { name: "in the far future", mtime: 2n ** 70n },
])("UNP-09: takes a time $name (needs root)", async ({ mtime }) => {
  const { layer } = scratch();
  await unpackFiles([{ kind: "file", name: "f", mtime }], layer);
  expect(statSync(join(layer, "f")).isFile()).toBe(true);
  if (mtime === -5_000_000_000n) expect(status(layer, "f").mtime).toBe(mtime);
});

test.skipIf(needsRoot)("UNP-10: keeps names that are long or not UTF-8 (needs root)", async () => {
  const { layer } = scratch();
  const long = `${"a".repeat(200)}/${"b".repeat(200)}`;
  await unpackFiles([file(long), file("\xff\xfe")], layer);
  expect(readdirSync(join(layer, "a".repeat(200)))).toEqual(["b".repeat(200)]);
  expect(readdirSync(layer, { encoding: "buffer" })).toContainEqual(Buffer.from([0xff, 0xfe]));
});
