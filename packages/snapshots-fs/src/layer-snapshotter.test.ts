import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  changeModeAt,
  changeOwnerAt,
  findXattr,
  makeNodeAt,
  mountAll,
  nodeKinds,
  setXattr,
  unmount,
  workingDirectory,
} from "@stowage/linux";
import { digestOf } from "@stowage/oci";
import type { Chain, Mount, Snapshotter, UnpackedLayer } from "@stowage/snapshots";
import { describeSnapshotter } from "@stowage/snapshots/conformance";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DriverName, openSnapshotter } from "./index.ts";

const unprivileged = process.getuid?.() !== 0;
const privileged = test.skipIf(unprivileged);

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "stowage-snapshots-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function fresh(driver?: DriverName): Promise<{ root: string; open: () => ReturnType<typeof openSnapshotter> }> {
  const root = await mkdtemp(join(scratch, "store-"));
  return { root, open: () => openSnapshotter(join(root, "storage"), { trash: join(root, "trash"), driver }) };
}

for (const driver of ["overlay", "native"] as const) {
  describeSnapshotter(`the snapshotter "${driver}"`, {
    fresh: async () => (await fresh(driver)).open,
    mounted: unprivileged ? undefined : mountedAt,
  });
}

const digests = ["one", "two", "three"].map((name) => digestOf(name));
const chainOf = (length: number): Chain => digests.slice(0, length);

interface Change {
  readonly make: (directory: string) => Promise<void>;
  readonly layer?: Partial<UnpackedLayer>;
}

const plain: UnpackedLayer = { bytes: 0, inodes: 0, tarSize: 0, impliedDirectories: [], lowerLinks: [], whiteouts: [] };

/** Commits the changes as layers, one upon the other, and returns the chain. */
async function commit(store: Snapshotter, changes: readonly Change[]): Promise<Chain> {
  const staged = [];
  for (const [at, { make, layer }] of changes.entries()) {
    const snapshot = await store.prepare();
    await make(snapshot.directory);
    staged.push({ chain: chainOf(at + 1), snapshot, layer: { ...plain, ...layer } });
  }
  await store.commit(staged);
  return chainOf(changes.length);
}

const writes = (name: string, text: string): Change => ({
  make: async (directory) => {
    await mkdir(join(directory, name, ".."), { recursive: true });
    await writeFile(join(directory, name), text);
  },
});

async function mounted(store: Snapshotter, chain: Chain, look: (target: string) => Promise<void>): Promise<void> {
  await mountedAt(await store.view(chain), look);
}

async function mountedAt(mounts: readonly Mount[], look: (target: string) => Promise<void>): Promise<void> {
  const target = await mkdtemp(join(scratch, "mount-"));
  await mountAll(mounts, target);
  try {
    await look(target);
  } finally {
    unmount(target);
  }
}

/** The top directory of what a mount shows. */
function viewed(mounts: readonly Mount[]): string {
  const lowers = mounts.flatMap(({ options }) => options).find((option) => option.startsWith("lowerdir="));
  return lowers?.slice("lowerdir=".length).split(":")[0] ?? "";
}

test("lays layers out as containers/storage does", async () => {
  const { root, open } = await fresh();
  await using store = await open();
  await commit(store, [writes("a", "a"), writes("b", "b"), writes("c", "c")]);
  const home = join(root, "storage", "overlay");
  // The ids of containers/storage for these diff ids, computed with sha256sum.
  const sum = (text: string) => execFileSync("sha256sum", { input: text }).subarray(0, 64).toString();
  const hex = digests.map((digest) => digest.slice("sha256:".length));
  const second = sum(`${hex[0]}+${hex[1]}`);
  const third = sum(`${second}+${hex[2]}`);
  expect((await readdir(home)).toSorted()).toEqual(["l", "staging", second, third, String(hex[0])].toSorted());
  const link = async (id: string | undefined) => readFile(join(home, String(id), "link"), "utf8");
  expect(await link(third)).toMatch(/^[A-Z2-7]{26}$/);
  expect(await readFile(join(home, third, "lower"), "utf8")).toBe(`l/${await link(second)}:l/${await link(hex[0])}`);
  expect(existsSync(join(home, String(hex[0]), "lower"))).toBe(false);
  expect(await readlink(join(home, "l", await link(third)))).toBe(`../${third}/diff`);
  expect(await readdir(join(home, String(hex[0]), "empty"))).toEqual([]);
  expect(existsSync(join(root, "storage", "overlay-layers", "layers.lock"))).toBe(true);
  expect(existsSync(join(root, "storage", "overlay-images", "images.lock"))).toBe(true);
});

test("knows after a restart what was committed, and drops what was not", async () => {
  const { root, open } = await fresh();
  const before = await open();
  await commit(before, [writes("a", "a")]);
  const half = await before.prepare();
  await writeFile(join(half.directory, "half"), "ha");
  await using after = await open();
  expect(await after.find(chainOf(1))).toBeDefined();
  expect(await readdir(join(root, "storage", "overlay", "staging"))).toEqual([]);
});

test("gives the disk of removed layers back, whatever their names are made of", async () => {
  const { root, open } = await fresh();
  const store = await open();
  await commit(store, [
    {
      make: async (directory) => {
        await mkdir(Buffer.from(`${directory}/\xff\xfe`, "latin1"));
        await writeFile(Buffer.from(`${directory}/\xff\xfe/\xfd`, "latin1"), "x");
      },
    },
  ]);
  await store.remove(chainOf(1));
  await store[Symbol.asyncDispose]();
  expect(await readdir(join(root, "trash"))).toEqual([]);
});

test("the root of a layer that nothing describes is 0755 and of one time, whatever the umask", async () => {
  const { root, open } = await fresh();
  await using store = await open();
  const umask = process.umask(0o077);
  try {
    await commit(store, [{ ...writes("a", "a"), layer: { impliedDirectories: [""] } }]);
  } finally {
    process.umask(umask);
  }
  const status = await lstat(join(root, "storage", "overlay", digests[0]?.slice(7) ?? "", "diff"));
  expect(status.mode & 0o7777).toBe(0o755);
  expect(status.mtimeMs).toBe(0);
});

test("takes a layer for absent whose record was damaged, and commits it anew", async () => {
  const { root, open } = await fresh();
  await using store = await open();
  await commit(store, [writes("a", "a")]);
  await writeFile(join(root, "storage", "overlay", digests[0]?.slice(7) ?? "", "stowage.json"), "{");
  expect(await store.find(chainOf(1))).toBeUndefined();
  await commit(store, [writes("a", "again")]);
  expect(await store.find(chainOf(1))).toBeDefined();
});

test.for([
  { what: "between the settling and the record", file: "link", spoil: (path: string) => mkdir(path) },
  { what: "with a record that is torn", file: "stowage.json", spoil: (path: string) => writeFile(path, "{") },
])("commits a staged layer again after a failure $what", async ({ file, spoil }) => {
  const { open } = await fresh();
  await using store = await open();
  await commit(store, [writes("bin/a/tool", "tool")]);
  const snapshot = await store.prepare();
  const lowerLinks = ["alias", "other"].map((path) => ({ path, target: "bin/a/tool" }));
  const staged = [{ chain: chainOf(2), snapshot, layer: { ...plain, lowerLinks } }];
  const spoilt = join(snapshot.directory, "..", file);
  await spoil(spoilt);
  if (file === "link") await expect(store.commit(staged)).rejects.toThrow();
  if (file === "link") await rm(spoilt, { recursive: true });
  await store.commit(staged);
  const tree = viewed(await store.view(chainOf(2)));
  const statuses = await Promise.all(["alias", "bin", "bin/a"].map((path) => lstat(join(tree, path))));
  const disk = statuses.reduce((sum, { blocks }) => sum + blocks * 512, 0);
  expect(await store.find(chainOf(2))).toMatchObject({ bytes: disk, inodes: 3 });
});

test("what fails while a staged tree is dropped hides no other failure, and is told at the end", async () => {
  const { root, open } = await fresh();
  const store = await open();
  const failure = new Error("the layer is broken");
  const failing = async (): Promise<void> => {
    await using _ = await store.prepare();
    await rm(join(root, "trash"), { recursive: true });
    await writeFile(join(root, "trash"), "");
    throw failure;
  };
  await expect(failing()).rejects.toBe(failure);
  await expect(store[Symbol.asyncDispose]()).rejects.toThrow("cannot empty");
  await rm(join(root, "trash"));
  await using _ = await open();
  expect(await readdir(join(root, "storage", "overlay", "staging"))).toEqual([]);
});

test("says so when the trash is gone, and keeps the layer", async () => {
  const { root, open } = await fresh();
  await using store = await open();
  const chain = await commit(store, [writes("a", "a")]);
  await rm(join(root, "trash"), { recursive: true });
  await expect(store.remove(chain)).rejects.toThrow();
  expect(await store.find(chain)).toBeDefined();
});

test("knows what stands on what without another look at all records", async () => {
  const { root, open } = await fresh();
  await commit(await open(), [writes("a", "a"), writes("b", "b")]);
  await using store = await open();
  await expect(store.remove(chainOf(1))).rejects.toMatchObject({ code: "failed-precondition" });
  const unreadable = join(root, "storage", "overlay", "0".repeat(64), "stowage.json");
  await mkdir(unreadable, { recursive: true });
  await store.remove(chainOf(2));
  const snapshot = await store.prepare();
  await store.commit([{ chain: chainOf(2), snapshot, layer: plain }]);
  await expect(store.remove(chainOf(1))).rejects.toMatchObject({ code: "failed-precondition" });
  await store.remove(chainOf(2));
  await store.remove(chainOf(1));
  expect(await store.find(chainOf(1))).toBeUndefined();
});

privileged("shows one layer, and a stack of three, read-only (needs root for a mount)", async () => {
  const { open } = await fresh();
  await using store = await open();
  await commit(store, [writes("etc/a", "one"), writes("etc/b", "two"), writes("etc/a", "three")]);
  await mounted(store, chainOf(1), async (target) => {
    expect(await readFile(join(target, "etc/a"), "utf8")).toBe("one");
  });
  await mounted(store, chainOf(3), async (target) => {
    expect(await readFile(join(target, "etc/a"), "utf8")).toBe("three");
    expect(await readFile(join(target, "etc/b"), "utf8")).toBe("two");
    await expect(writeFile(join(target, "etc/c"), "no")).rejects.toMatchObject({ code: "EROFS" });
  });
});

privileged("keeps a layer that is mounted, and removes it afterwards (needs root for a mount)", async () => {
  const { open } = await fresh();
  await using store = await open();
  const chain = await commit(store, [writes("a", "a"), writes("b", "b")]);
  await mounted(store, chain, async () => {
    await expect(store.remove(chain)).rejects.toMatchObject({ code: "failed-precondition", message: /mounted/ });
  });
  await store.remove(chain);
  expect(await store.find(chain)).toBeUndefined();
});

privileged("mounts from a root with separators in its name (needs root for a mount)", async () => {
  const root = join(await mkdtemp(join(scratch, "odd-")), "a:b,c\\d");
  await using store = await openSnapshotter(join(root, "storage"), { trash: join(root, "trash") });
  await commit(store, [writes("a", "a"), writes("b", "b")]);
  await mounted(store, chainOf(2), async (target) => {
    expect(await readFile(join(target, "a"), "utf8")).toBe("a");
  });
});

privileged(
  "dresses a directory that a layer only passes through like the one below (needs root for owners)",
  async () => {
    const { open } = await fresh();
    await using store = await open();
    const below: Change = {
      make: async (directory) => {
        await mkdir(join(directory, "home/user"), { recursive: true });
        changeOwnerAt(workingDirectory, join(directory, "home/user"), { uid: 1000, gid: 1001 });
        changeModeAt(workingDirectory, join(directory, "home/user"), 0o2750);
        setXattr(join(directory, "home/user"), "user.note", Buffer.from([0xff, 0]));
        await utimes(join(directory, "home/user"), 1_000_000, 1_000_000);
      },
    };
    const above = { ...writes("home/user/file", "x"), layer: { impliedDirectories: ["home", "home/user"] } };
    const chain = await commit(store, [below, above]);
    await mounted(store, chain, async (target) => {
      const status = await lstat(join(target, "home/user"));
      expect(status).toMatchObject({ uid: 1000, gid: 1001, mtimeMs: 1_000_000_000 });
      expect(status.mode & 0o7777).toBe(0o2750);
      expect(findXattr(join(target, "home/user"), "user.note")).toEqual(Buffer.from([0xff, 0]));
    });
  },
);

privileged("a directory that is hidden below lends nothing (needs root for a whiteout)", async () => {
  const { open } = await fresh();
  await using store = await open();
  const below: Change = { make: (directory) => mkdir(join(directory, "gone"), { mode: 0o700 }).then(() => undefined) };
  const whiteout: Change = {
    make: async (directory) => makeNodeAt(workingDirectory, join(directory, "gone"), { mode: nodeKinds.character }),
  };
  const again = { ...writes("gone/file", "x"), layer: { impliedDirectories: ["gone"] } };
  const chain = await commit(store, [below, whiteout, again]);
  await mounted(store, chain, async (target) => {
    expect((await lstat(join(target, "gone"))).mode & 0o777).toBe(0o755);
    expect(await readdir(join(target, "gone"))).toEqual(["file"]);
  });
});

privileged("links to a file of a layer below, with all that the file has (needs root for owners)", async () => {
  const { open } = await fresh();
  await using store = await open();
  const below: Change = {
    make: async (directory) => {
      await mkdir(join(directory, "bin"));
      await writeFile(join(directory, "bin/tool"), "tool");
      changeOwnerAt(workingDirectory, join(directory, "bin/tool"), { uid: 7, gid: 8 });
      changeModeAt(workingDirectory, join(directory, "bin/tool"), 0o4711);
    },
  };
  const above: Change = { make: async () => undefined, layer: { lowerLinks: [{ path: "alias", target: "bin/tool" }] } };
  const chain = await commit(store, [below, above]);
  await mounted(store, chain, async (target) => {
    const [alias, tool] = [await lstat(join(target, "alias")), await lstat(join(target, "bin/tool"))];
    expect(alias).toMatchObject({ uid: 7, gid: 8, nlink: 2, ino: tool.ino });
    expect(alias.mode & 0o7777).toBe(0o4711);
    expect(await readFile(join(target, "alias"), "utf8")).toBe("tool");
  });
});

privileged(
  "a link to a file below leaves the times of described directories as they were (needs root for a mount)",
  async () => {
    const { open } = await fresh();
    await using store = await open();
    const above: Change = {
      make: async (directory) => {
        for (const name of ["opt", "bin"]) {
          await mkdir(join(directory, name));
          await utimes(join(directory, name), 1_000_000, 1_000_000);
        }
      },
      layer: { lowerLinks: [{ path: "opt/alias", target: "bin/tool" }] },
    };
    const chain = await commit(store, [writes("bin/tool", "tool"), above]);
    await mounted(store, chain, async (target) => {
      expect(await readFile(join(target, "opt/alias"), "utf8")).toBe("tool");
      for (const name of ["opt", "bin"]) expect((await lstat(join(target, name))).mtimeMs).toBe(1_000_000_000);
    });
  },
);

// A hard link that names a path through a lower layer's symlink must not reach what the symlink points at.
test("a hard link through a symlink of a lower layer reaches nothing", async () => {
  const { open } = await fresh();
  await using store = await open();
  const outside = join(await mkdtemp(join(scratch, "outside-")), "secret");
  await writeFile(outside, "secret");
  const below: Change = { make: (directory) => symlink(join(outside, ".."), join(directory, "escape")) };
  const above: Change = {
    make: async () => undefined,
    layer: { lowerLinks: [{ path: "stolen", target: "escape/secret" }] },
  };
  await expect(commit(store, [below, above])).rejects.toMatchObject({ code: "invalid-argument" });
  expect(await store.find(chainOf(1))).toBeUndefined();
});

test("a path that an implied directory leads through a symlink changes nothing outside", async () => {
  const { open } = await fresh();
  await using store = await open();
  const outside = await mkdtemp(join(scratch, "outside-"));
  const before = await lstat(outside);
  await commit(store, [
    { make: (directory) => symlink(outside, join(directory, "out")), layer: { impliedDirectories: ["out/side"] } },
  ]);
  expect((await lstat(outside)).mtimeMs).toBe(before.mtimeMs);
});

test("hard links within a layer stay what they are", async () => {
  const { root, open } = await fresh();
  await using store = await open();
  await commit(store, [
    {
      make: async (directory) => {
        await writeFile(join(directory, "a"), "a");
        await link(join(directory, "a"), join(directory, "b"));
      },
    },
  ]);
  expect((await lstat(join(root, "storage", "overlay", digests[0]?.slice(7) ?? "", "diff", "b"))).nlink).toBe(2);
});
