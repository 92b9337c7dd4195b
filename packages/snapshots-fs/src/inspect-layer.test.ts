import { chmod, mkdir, mkdtemp, readdir, rename, rm, symlink, unlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layerIdsOf, linkNameOf } from "@stowage/containers-storage";
import { mount, setXattr, unmount } from "@stowage/linux";
import { digestOf } from "@stowage/oci";
import type { Snapshotter, StagedLayer } from "@stowage/snapshots";
import { expect, onTestFinished, test } from "vitest";
import { openSnapshotter } from "./index.ts";

const chain = [digestOf("lower"), digestOf("upper")];
const ids = layerIdsOf(chain);

interface Fixture {
  readonly store: Snapshotter & AsyncDisposable;
  readonly home: string;
  readonly trash: string;
  /** The upper layer. */
  readonly layer: string;
}

/** Two layers with a directory, a file in it and a link in it each. */
async function committed(): Promise<Fixture> {
  const root = await mkdtemp(join(tmpdir(), "stowage-inspect-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const trash = join(root, "trash");
  const store = await openSnapshotter(join(root, "storage"), { trash });
  onTestFinished(() => store[Symbol.asyncDispose]());
  await store.commit([await stage(store, 1), await stage(store, 2)]);
  const home = join(root, "storage", "overlay");
  return { store, home, trash, layer: join(home, String(ids[1])) };
}

async function stage(store: Snapshotter, length: number): Promise<StagedLayer> {
  const snapshot = await store.prepare();
  await mkdir(join(snapshot.directory, "etc"));
  await writeFile(join(snapshot.directory, "etc", "file"), `of ${length}`);
  await symlink("file", join(snapshot.directory, "etc", "link"));
  const layer = { bytes: 4096, inodes: 4, tarSize: 1024, impliedDirectories: [], lowerLinks: [], whiteouts: [] };
  return { chain: chain.slice(0, length), snapshot, layer };
}

test.for<{ what: string; harm: (layer: string) => Promise<void>; why: string }>([
  { what: "its directory", harm: (layer) => rm(layer, { recursive: true }), why: "is missing" },
  { what: "its record", harm: (layer) => unlink(join(layer, "stowage.json")), why: "has lost its record" },
  { what: "its files", harm: (layer) => rm(join(layer, "diff"), { recursive: true }), why: "has lost its files" },
  {
    what: "its link's name",
    harm: (layer) => writeFile(join(layer, "link"), ""),
    why: "has lost the name of its link",
  },
  { what: "its parents", harm: (layer) => unlink(join(layer, "lower")), why: "has lost its parents" },
])("sees at a glance that a layer has lost $what", async ({ harm, why }) => {
  const { store, layer } = await committed();
  expect(await store.inspect(chain, { level: "sizes" })).toBeUndefined();
  await harm(layer);
  expect(await store.inspect(chain, { level: "sizes" })).toBe(why);
  expect(await store.inspect(chain.slice(0, 1), { level: "sizes" })).toBeUndefined();
});

test.for<{ what: string; harm: (diff: string) => Promise<void> | void }>([
  { what: "another byte", harm: (diff) => writeFile(join(diff, "etc", "file"), "oF 2") },
  { what: "another mode", harm: (diff) => chmod(join(diff, "etc", "file"), 0o777) },
  { what: "another time", harm: (diff) => utimes(join(diff, "etc"), 1, 1) },
  { what: "another name", harm: (diff) => rename(join(diff, "etc", "file"), join(diff, "etc", "life")) },
  { what: "one more attribute", harm: (diff) => setXattr(join(diff, "etc"), "user.note", Buffer.from("x")) },
])("sees at a second full look that a layer has $what", async ({ harm }) => {
  const { store, layer } = await committed();
  expect(await store.inspect(chain, { level: "digests" })).toBeUndefined();
  expect(await store.inspect(chain, { level: "digests" })).toBeUndefined();
  await harm(join(layer, "diff"));
  expect(await store.inspect(chain, { level: "digests" })).toBe("is not what it was");
  expect(await store.inspect(chain, { level: "sizes" })).toBeUndefined();
});

test("sees at the first full look that a file is gone", async () => {
  const { store, layer } = await committed();
  await unlink(join(layer, "diff", "etc", "file"));
  expect(await store.inspect(chain, { level: "digests" })).toBe("has 3 files and directories of 4");
});

test("makes a short link anew, which follows from the layer's name", async () => {
  const { store, home } = await committed();
  await unlink(join(home, "l", linkNameOf(String(ids[1]))));
  expect(await store.inspect(chain, { level: "sizes" })).toBeUndefined();
  expect(await readdir(join(home, "l"))).toHaveLength(2);
});

test("finds it wrong that a layer goes while it is looked at", async () => {
  const { store, layer } = await committed();
  const pace = async () => await rm(layer, { recursive: true, force: true });
  expect(await store.inspect(chain, { level: "digests", pace })).toMatch(/lost files/);
});

test("sweeps what stands on a lost layer, unless somebody will want it again", async () => {
  const { store, home, layer } = await committed();
  await rm(join(home, String(ids[0])), { recursive: true });
  await store.sweep([chain]);
  expect(await readdir(layer)).toContain("diff");
  await store.sweep([]);
  await expect(readdir(layer)).rejects.toMatchObject({ code: "ENOENT" });
  expect((await readdir(home)).toSorted()).toEqual(["l", "staging"]);
});

test("sweeps no layer that can be named", async () => {
  const { store } = await committed();
  await store.sweep([]);
  expect(await Array.fromAsync(store.list())).toHaveLength(2);
});

test("lets others go first after what it reads", async () => {
  const { store } = await committed();
  let bytes = 0;
  await store.inspect(chain, { level: "digests", pace: async (read) => void (bytes += read) });
  expect(bytes).toBeGreaterThan(4 * 4096);
});

test.skipIf(process.getuid?.() !== 0)(
  "leaves the files under a mount, although their layer is replaced (needs root)",
  async () => {
    const { store, trash } = await committed();
    const target = await mkdtemp(join(tmpdir(), "stowage-mounted-"));
    onTestFinished(() => rm(target, { recursive: true, force: true }));
    for (const request of await store.view(chain)) mount({ ...request, target });
    await store.commit([{ ...(await stage(store, 2)), replace: true }]);
    await store.commit([{ ...(await stage(store, 1)), replace: true }]);
    expect(await readdir(join(target, "etc"))).toEqual(["file", "link"]);
    expect(await readdir(trash)).toHaveLength(2);
    unmount(target);
    await store.remove(chain);
    await store[Symbol.asyncDispose]();
    expect(await readdir(trash)).toEqual([]);
  },
);
