import { execFileSync } from "node:child_process";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { base, commitStack, type SnapshotterPlaces, stage, unpacked, upper } from "./conformance-places.ts";
import type { Snapshotter } from "./snapshotter.ts";
import { describeWritableSnapshots } from "./writable-conformance.ts";

export { type SnapshotterPlaces } from "./conformance-places.ts";

/** What every `Snapshotter` promises. Each adapter's tests call this with places to open it in. */
export function describeSnapshotter(name: string, places: SnapshotterPlaces): void {
  const open = async (): Promise<Snapshotter> => await (await places.fresh())();
  describe(`${name} keeps the promises of Snapshotter`, () => {
    test("finds a committed layer by its chain, and what it takes", async () => {
      const store = await open();
      await store.commit([await stage(store, [base], "one")]);
      expect(await store.find([base])).toEqual({ chain: [base], bytes: expect.any(Number), inodes: 3, tarSize: 1024 });
      expect(await store.find([upper])).toBeUndefined();
      expect(await store.find([base, upper])).toBeUndefined();
    });

    test("commits a stack at once, and lists it", async () => {
      const store = await open();
      await commitStack(store);
      const chains = (await Array.fromAsync(store.list())).map(({ chain }) => chain);
      expect(chains).toHaveLength(2);
      expect(chains).toContainEqual([base]);
      expect(chains).toContainEqual([base, upper]);
    });

    test("tells the same layer on another parent apart", async () => {
      const store = await open();
      await commitStack(store);
      await store.commit([await stage(store, [upper], "two")]);
      expect(await Array.fromAsync(store.list())).toHaveLength(3);
    });

    test("refuses a layer whose parent is missing, and keeps nothing of it", async () => {
      const store = await open();
      await using orphan = (await stage(store, [base, upper], "two")).snapshot;
      const layer = { chain: [base, upper], snapshot: orphan, layer: unpacked };
      await expect(store.commit([layer])).rejects.toMatchObject({ code: "failed-precondition" });
      expect(await Array.fromAsync(store.list())).toEqual([]);
    });

    test("leaves a name that is taken as it is", async () => {
      const store = await open();
      await store.commit([await stage(store, [base], "one")]);
      const second = await stage(store, [base], "other");
      await store.commit([second]);
      await second.snapshot[Symbol.asyncDispose]();
      expect(await store.find([base])).toBeDefined();
      expect(await Array.fromAsync(store.list())).toHaveLength(1);
    });

    test("drops a tree that is disposed of, and none that was committed", async () => {
      const store = await open();
      const dropped = await stage(store, [base], "one");
      await dropped.snapshot[Symbol.asyncDispose]();
      await expect(stat(dropped.snapshot.directory)).rejects.toMatchObject({ code: "ENOENT" });
      const kept = await stage(store, [base], "one");
      await store.commit([kept]);
      await kept.snapshot[Symbol.asyncDispose]();
      expect(await store.find([base])).toBeDefined();
    });

    test("opens trees that are empty and apart", async () => {
      const store = await open();
      await using one = await store.prepare();
      await using two = await store.prepare();
      expect(one.directory).not.toBe(two.directory);
      expect(await readdir(one.directory)).toEqual([]);
    });

    test("removes from the top down only, and what is absent without complaint", async () => {
      const store = await open();
      await commitStack(store);
      await expect(store.remove([base])).rejects.toMatchObject({ code: "failed-precondition" });
      await store.remove([base, upper]);
      await store.remove([base]);
      await store.remove([base]);
      expect(await Array.fromAsync(store.list())).toEqual([]);
      await store.commit([await stage(store, [base], "one")]);
      expect(await store.find([base])).toBeDefined();
    });

    test("shows a stack that is whole, and says what is missing of one that is not", async () => {
      const store = await open();
      await store.commit([await stage(store, [base], "one")]);
      expect(await store.view([base])).not.toEqual([]);
      await expect(store.view([base, upper])).rejects.toMatchObject({
        code: "not-found",
        message: expect.stringContaining(upper),
      });
    });

    test("replaces a layer on which others stand, where it is told to", async () => {
      const store = await open();
      await commitStack(store);
      await store.commit([{ ...(await stage(store, [base], "other")), replace: true }]);
      expect(await Array.fromAsync(store.list())).toHaveLength(2);
      expect(await store.view([base, upper])).not.toEqual([]);
    });

    test("says of a layer that is not here that it is missing, and of a whole one nothing", async () => {
      const store = await open();
      await store.commit([await stage(store, [base], "one")]);
      for (const level of ["sizes", "digests", "digests"] as const) {
        expect(await store.inspect([base], { level })).toBeUndefined();
        expect(await store.inspect([base, upper], { level })).toBe("is missing");
      }
    });

    test("refuses a layer for which there is no room", async () => {
      const store = await open();
      await expect(store.prepare({ room: 2 ** 60 })).rejects.toMatchObject({ code: "resource-exhausted" });
    });

    test("stops with the reason of the signal and commits nothing", async () => {
      const store = await open();
      const signal = AbortSignal.abort(new Error("enough"));
      const layer = await stage(store, [base], "one");
      await expect(store.commit([layer], { signal })).rejects.toBe(signal.reason);
      await expect(store.prepare({ signal })).rejects.toBe(signal.reason);
      expect(await store.find([base])).toBeUndefined();
    });

    test("has after a restart what was committed", async () => {
      const reopen = await places.fresh();
      await using before = await reopen();
      await commitStack(before);
      await before[Symbol.asyncDispose]();
      await using after = await reopen();
      expect(await Array.fromAsync(after.list())).toHaveLength(2);
      await expect(after.remove([base])).rejects.toMatchObject({ code: "failed-precondition" });
    });
  });
  describeViews(name, places);
  describeWritableSnapshots(name, places);
}

function describeViews(name: string, { fresh, mounted }: SnapshotterPlaces): void {
  if (mounted === undefined) return;
  describe(`${name} shows what layers come to`, () => {
    test("an upper layer over the lower one, read-only", async () => {
      await using store = await (await fresh())();
      await store.commit([await stage(store, [base], "one")]);
      const above = await stage(store, [base, upper], "two");
      await writeFile(join(above.snapshot.directory, "etc", "one"), "changed");
      await store.commit([above]);
      await mounted(await store.view([base]), async (target) => {
        expect(await readFile(join(target, "etc", "one"), "utf8")).toBe("one");
      });
      await mounted(await store.view([base, upper]), async (target) => {
        expect(await readFile(join(target, "etc", "one"), "utf8")).toBe("changed");
        expect((await readdir(join(target, "etc"))).toSorted()).toEqual(["one", "two"]);
        await expect(writeFile(join(target, "etc", "three"), "")).rejects.toMatchObject({ code: "EROFS" });
      });
    });

    test("nothing of what an upper layer hides", async () => {
      await using store = await (await fresh())();
      await store.commit([await stage(store, [base], "one")]);
      const above = await stage(store, [base, upper], "two");
      execFileSync("mknod", [join(above.snapshot.directory, "etc", "one"), "c", "0", "0"]);
      await store.commit([above]);
      await mounted(await store.view([base, upper]), async (target) => {
        expect(await readdir(join(target, "etc"))).toEqual(["two"]);
      });
    });

    test("a directory as the topmost layer describes it", async () => {
      await using store = await (await fresh())();
      await store.commit([await stage(store, [base], "one")]);
      const above = await stage(store, [base, upper], "two");
      await chmod(join(above.snapshot.directory, "etc"), 0o711);
      await store.commit([above]);
      await mounted(await store.view([base, upper]), async (target) => {
        expect((await stat(join(target, "etc"))).mode & 0o7777).toBe(0o711);
      });
    });

    test("no layer to remove while it is shown", async () => {
      await using store = await (await fresh())();
      await commitStack(store);
      await mounted(await store.view([base, upper]), async () => {
        await expect(store.remove([base, upper])).rejects.toMatchObject({ code: "failed-precondition" });
      });
      await store.remove([base, upper]);
    });
  });
}
