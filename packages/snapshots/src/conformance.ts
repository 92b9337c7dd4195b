import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "@stowage/oci";
import { describe, expect, test } from "vitest";
import type { Chain, Snapshotter, StagedLayer } from "./snapshotter.ts";
import type { UnpackedLayer } from "./unpacker.ts";

/** What every `Snapshotter` promises. Each adapter's tests call this with a way to open a fresh one. */
export function describeSnapshotter(name: string, open: () => Promise<Snapshotter>): void {
  describe(`${name} keeps the promises of Snapshotter`, () => {
    test("finds a committed layer by its chain, and what it takes", async () => {
      const store = await open();
      await store.commit([await stage(store, [base], "one")]);
      expect(await store.find([base])).toEqual({ chain: [base], bytes: 4096, inodes: 3 });
      expect(await store.find([upper])).toBeUndefined();
      expect(await store.find([base, upper])).toBeUndefined();
    });

    test("commits a stack at once, and lists it", async () => {
      const store = await open();
      await store.commit([await stage(store, [base], "one"), await stage(store, [base, upper], "two")]);
      const chains = (await Array.fromAsync(store.list())).map(({ chain }) => chain);
      expect(chains).toHaveLength(2);
      expect(chains).toContainEqual([base]);
      expect(chains).toContainEqual([base, upper]);
    });

    test("tells the same layer on another parent apart", async () => {
      const store = await open();
      await store.commit([await stage(store, [base], "one"), await stage(store, [base, upper], "two")]);
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
      await store.commit([await stage(store, [base], "one"), await stage(store, [base, upper], "two")]);
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
      await store.commit([await stage(store, [base], "one"), await stage(store, [base, upper], "two")]);
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
  });
}

const base = digestOf("base");
const upper = digestOf("upper");

/** A root, a directory in it, and a file in that. */
const unpacked: UnpackedLayer = { bytes: 4096, inodes: 3, tarSize: 1024, impliedDirectories: [], lowerLinks: [] };

async function stage(store: Snapshotter, chain: Chain, name: string): Promise<StagedLayer> {
  const snapshot = await store.prepare();
  await mkdir(join(snapshot.directory, "etc"));
  await writeFile(join(snapshot.directory, "etc", name), name);
  return { chain, snapshot, layer: unpacked };
}
