import { execFileSync } from "node:child_process";
import { chmod, chown, lstat, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mountAll, openUserNamespace, unmount } from "@stowage/linux";
import { digestOf, type IdMap } from "@stowage/oci";
import type { Chain, Mount, Snapshotter } from "@stowage/snapshots";
import { expect, onTestFinished, test } from "vitest";
import { type DriverName, openSnapshotter } from "./index.ts";

const privileged = test.skipIf(process.getuid?.() !== 0);

const range = { inside: 0, outside: 100_000, length: 65_536 };
const idMap: IdMap = { uids: [range], gids: [range] };

interface Fixture {
  readonly store: Snapshotter & AsyncDisposable;
  /** A directory that anybody may enter. */
  readonly root: string;
}

async function opened(driver?: DriverName): Promise<Fixture> {
  const root = await mkdtemp(join(tmpdir(), "stowage-shown-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await chmod(root, 0o755);
  const store = await openSnapshotter(join(root, "storage"), { trash: join(root, "trash"), driver });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return { store, root };
}

/** Layers, each with a file of its own and with one that says which layer is on top. */
async function commitLayers(store: Snapshotter, count: number): Promise<Chain> {
  const chain = Array.from({ length: count }, (_, at) => digestOf(`layer ${at}`));
  const staged = [];
  for (const at of chain.keys()) {
    const snapshot = await store.prepare();
    await writeFile(join(snapshot.directory, "top"), `${at}`);
    await writeFile(join(snapshot.directory, `file-${at}`), "");
    const layer = { bytes: 4096, inodes: 3, tarSize: 1024, impliedDirectories: [], lowerLinks: [], whiteouts: [] };
    staged.push({ chain: chain.slice(0, at + 1), snapshot, layer });
  }
  await store.commit(staged);
  return chain;
}

async function shown(root: string, mounts: readonly Mount[]): Promise<{ readonly target: string } & Disposable> {
  const target = await mkdtemp(join(root, "mount-"));
  await mountAll(mounts, target);
  return { target, [Symbol.dispose]: () => unmount(target) };
}

privileged.for([1, 2, 65, 66, 127, 128, 200, 500])(
  "shows %i layers, the top one over all others, read-only and writable (needs root)",
  { timeout: 60_000 },
  async (count) => {
    const { store, root } = await opened();
    const chain = await commitLayers(store, count);
    await store.writable.create("one", chain);
    const { target, ...view } = await shown(root, await store.view(chain));
    expect(await readdir(target)).toHaveLength(count + 1);
    expect(await readFile(join(target, "top"), "utf8")).toBe(`${count - 1}`);
    await expect(store.remove(chain)).rejects.toMatchObject({ code: "failed-precondition" });
    view[Symbol.dispose]();
    using writable = await shown(root, await store.writable.mounts("one"));
    await rm(join(writable.target, "file-0"));
    await writeFile(join(writable.target, "top"), "mine");
    expect(await readdir(writable.target)).toHaveLength(count);
    expect(await readFile(join(writable.target, "top"), "utf8")).toBe("mine");
  },
);

test("says that overlayfs takes no more than 500 layers, before anything is mounted", { timeout: 60_000 }, async () => {
  const { store } = await opened();
  const chain = await commitLayers(store, 501);
  const refused = { code: "failed-precondition", message: expect.stringContaining("501") };
  await expect(store.view(chain)).rejects.toMatchObject(refused);
  await store.writable.create("one", chain);
  await expect(store.writable.mounts("one")).rejects.toMatchObject(refused);
});

/** Runs a shell as root of the namespace in which snapshots are shown. */
async function asItsRoot(script: string): Promise<string> {
  using namespace = await openUserNamespace(idMap);
  const user = `--user=/proc/${process.pid}/fd/${namespace.fd}`;
  return execFileSync("nsenter", [user, "--setuid=0", "--setgid=0", "sh", "-c", script], { encoding: "utf8" });
}

privileged.for([1, 3, 200])("shows %i layers as those of mapped users (needs root and Linux 6.13)", async (count) => {
  const { store, root } = await opened();
  const chain = await commitLayers(store, count);
  using view = await shown(root, await store.view(chain, { idMap }));
  expect(await lstat(join(view.target, "file-0"))).toMatchObject({ uid: 100_000, gid: 100_000 });
  expect(await asItsRoot(`stat -c %u:%g ${view.target}/top; touch ${view.target}/new 2>&1 || true`)).toMatch(
    /^0:0\n.*Read-only/,
  );
  await expect(store.remove(chain)).rejects.toMatchObject({ code: "failed-precondition", message: /mounted/ });
});

privileged("root of a user namespace writes into what is mapped for it (needs root and Linux 6.13)", async () => {
  const { store, root } = await opened();
  const chain = await commitLayers(store, 2);
  await store.writable.create("one", chain, { idMap });
  const { target, ...writable } = await shown(root, await store.writable.mounts("one"));
  const script = `cd ${target} && echo more >> file-0 && mkdir new && chown 5:6 new && stat -c %u:%g . file-0 new`;
  expect(await asItsRoot(script)).toBe("0:0\n0:0\n5:6\n");
  expect(await lstat(join(target, "new"))).toMatchObject({ uid: 100_005, gid: 100_006 });
  expect(await lstat(join(target, "file-1"))).toMatchObject({ uid: 100_000 });
  await expect(store.writable.remove("one")).rejects.toMatchObject({ code: "failed-precondition" });
  writable[Symbol.dispose]();
  using plain = await shown(root, await store.view(chain));
  expect(await lstat(join(plain.target, "file-0"))).toMatchObject({ uid: 0, size: 0 });
});

privileged("maps whole copies, too, which are on the disk as the layers name their owners (needs root)", async () => {
  const { store, root } = await opened("native");
  const chain = await commitLayers(store, 2);
  await store.writable.create("one", chain, { idMap });
  using view = await shown(root, await store.view(chain, { idMap }));
  expect(await asItsRoot(`stat -c %u:%g ${view.target}/top`)).toBe("0:0\n");
  await expect(store.remove(chain)).rejects.toMatchObject({ code: "failed-precondition", message: /mounted|stands/ });
  using writable = await shown(root, await store.writable.mounts("one"));
  await asItsRoot(`cd ${writable.target} && echo more >> file-0 && mkdir new && chown 5:6 new`);
  expect(await lstat(join(writable.target, "new"))).toMatchObject({ uid: 100_005, gid: 100_006 });
  expect(await lstat(join(root, "storage/writable/one/diff/new"))).toMatchObject({ uid: 5, gid: 6 });
  await expect(store.writable.remove("one")).rejects.toMatchObject({ code: "failed-precondition", message: /mounted/ });
});

privileged("who is nobody in a namespace owns its root directory as nobody (needs root)", async () => {
  const { store, root } = await opened();
  const snapshot = await store.prepare();
  await chown(snapshot.directory, 70_000, 5);
  const chain = [digestOf("layer")];
  const layer = { bytes: 4096, inodes: 1, tarSize: 1024, impliedDirectories: [], lowerLinks: [], whiteouts: [] };
  await store.commit([{ chain, snapshot, layer }]);
  await store.writable.create("one", chain, { idMap });
  using writable = await shown(root, await store.writable.mounts("one"));
  expect(await lstat(writable.target)).toMatchObject({ uid: 65_534, gid: 100_005 });
});
