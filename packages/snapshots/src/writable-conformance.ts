import { chmod, chown, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { base, commitStack, type SnapshotterPlaces, stage, upper } from "./conformance-places.ts";
import type { Snapshotter } from "./snapshotter.ts";

const chain = [base, upper];

/** What the writable snapshots of every `Snapshotter` promise. */
export function describeWritableSnapshots(name: string, places: SnapshotterPlaces): void {
  const open = async (): Promise<Snapshotter & AsyncDisposable> => {
    const store = await (await places.fresh())();
    await commitStack(store);
    return store;
  };
  describe(`${name} keeps the promises of WritableSnapshots`, () => {
    test("finds and lists what was made", async () => {
      await using store = await open();
      const idMap = {
        uids: [{ inside: 0, outside: 100_000, length: 65_536 }],
        gids: [{ inside: 0, outside: 1, length: 9 }],
      };
      await store.writable.create("one", chain);
      await store.writable.create("another", [base], { volatile: true, idMap });
      const another = { key: "another", chain: [base], volatile: true, idMap };
      expect(await store.writable.find("one")).toEqual({ key: "one", chain, volatile: false });
      expect(await store.writable.find("another")).toEqual(another);
      expect(await store.writable.find("none")).toBeUndefined();
      const keys = (await Array.fromAsync(store.writable.list())).map(({ key }) => key);
      expect(keys.toSorted()).toEqual(["another", "one"]);
    });

    test("makes one of those who want the same key at once", async () => {
      await using store = await open();
      const tries = await Promise.allSettled([
        store.writable.create("one", chain),
        store.writable.create("one", [base]),
      ]);
      expect(tries.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
      await expect(store.writable.create("one", chain)).rejects.toMatchObject({ code: "already-exists" });
      expect(await store.writable.find("one")).toMatchObject({ chain });
    });

    test.for(["a", "A-1_b.c", "-", "x".repeat(128)])("takes the key %j", async (key) => {
      await using store = await open();
      await store.writable.create(key, chain);
      expect(await store.writable.mounts(key)).not.toEqual([]);
    });

    test.for(["", ".", "..", ".a", "a/b", "../a", "a b", "ä", "a\0", "a\n", "x".repeat(129)])(
      "refuses the key %j, and has nothing under it",
      async (key) => {
        await using store = await open();
        await expect(store.writable.create(key, chain)).rejects.toMatchObject({ code: "invalid-argument" });
        expect(await store.writable.find(key)).toBeUndefined();
        await store.writable.remove(key);
        await expect(store.writable.mounts(key)).rejects.toMatchObject({ code: "not-found" });
        expect(await Array.fromAsync(store.list())).toHaveLength(2);
      },
    );

    test("refuses to stand on a layer that is not here, and keeps the key free", async () => {
      await using store = await open();
      await expect(store.writable.create("one", [upper])).rejects.toMatchObject({ code: "not-found" });
      await expect(store.writable.create("one", [])).rejects.toMatchObject({ code: "invalid-argument" });
      await store.writable.create("one", chain);
    });

    test("says of one that is not here that it is missing", async () => {
      await using store = await open();
      await expect(store.writable.mounts("one")).rejects.toMatchObject({ code: "not-found" });
      await expect(store.writable.usage("one")).rejects.toMatchObject({ code: "not-found" });
    });

    test("removes it, a second time without complaint, and can make it anew", async () => {
      await using store = await open();
      await store.writable.create("one", chain);
      await store.writable.remove("one");
      await store.writable.remove("one");
      expect(await Array.fromAsync(store.writable.list())).toEqual([]);
      await store.writable.create("one", [base]);
      expect(await store.writable.find("one")).toMatchObject({ chain: [base] });
    });

    test("keeps the layers that it stands on, also after a restart", async () => {
      const reopen = await places.fresh();
      await using before = await reopen();
      await commitStack(before);
      await before.writable.create("one", chain);
      await expect(before.remove(chain)).rejects.toMatchObject({ code: "failed-precondition" });
      await before[Symbol.asyncDispose]();
      await using after = await reopen();
      await expect(after.remove(chain)).rejects.toMatchObject({ code: "failed-precondition" });
      await after.sweep([]);
      expect(await after.writable.find("one")).toEqual({ key: "one", chain, volatile: false });
      expect(await after.writable.mounts("one")).not.toEqual([]);
      await after.writable.remove("one");
      await after.remove(chain);
      await after.remove([base]);
    });

    test("stops with the reason of the signal, and keeps nothing", async () => {
      await using store = await open();
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(store.writable.create("one", chain, { signal })).rejects.toBe(signal.reason);
      expect(await store.writable.find("one")).toBeUndefined();
      await store.writable.create("one", chain);
      await expect(store.writable.remove("one", { signal })).rejects.toBe(signal.reason);
      expect(await store.writable.find("one")).toBeDefined();
    });
  });
  describeWritableMounts(name, { ...places, open });
}

interface OpenPlaces extends SnapshotterPlaces {
  readonly open: () => Promise<Snapshotter & AsyncDisposable>;
}

function describeWritableMounts(name: string, { fresh, open, mounted }: OpenPlaces): void {
  if (mounted === undefined) return;
  describe(`${name} shows writable snapshots`, () => {
    test.for([{ volatile: false }, { volatile: true }])(
      "with what was written into it, mount after mount ($volatile: volatile)",
      async ({ volatile }) => {
        const reopen = await fresh();
        await using before = await reopen();
        await commitStack(before);
        await before.writable.create("one", chain, { volatile });
        await mounted(await before.writable.mounts("one"), async (target) => {
          expect(await readFile(join(target, "etc", "one"), "utf8")).toBe("one");
          await writeFile(join(target, "etc", "one"), "mine");
          await rm(join(target, "etc", "two"));
        });
        await before[Symbol.asyncDispose]();
        await using after = await reopen();
        await mounted(await after.writable.mounts("one"), async (target) => {
          expect(await readFile(join(target, "etc", "one"), "utf8")).toBe("mine");
          expect(await readdir(join(target, "etc"))).toEqual(["one"]);
        });
      },
    );

    test("and leaves the layers and the others on them as they are", async () => {
      await using store = await open();
      await store.writable.create("one", chain);
      await store.writable.create("another", chain);
      await mounted(await store.writable.mounts("one"), (target) => writeFile(join(target, "etc", "one"), "mine"));
      for (const mounts of [await store.view(chain), await store.writable.mounts("another")]) {
        await mounted(mounts, async (target) => {
          expect(await readFile(join(target, "etc", "one"), "utf8")).toBe("one");
        });
      }
    });

    test("whose root directory looks like that of the topmost layer", async () => {
      await using store = await (await fresh())();
      const staged = await stage(store, [base], "one");
      await chmod(staged.snapshot.directory, 0o1750);
      await chown(staged.snapshot.directory, 7, 8);
      await store.commit([staged]);
      await store.writable.create("one", [base]);
      await mounted(await store.writable.mounts("one"), async (target) => {
        const { mode, uid, gid } = await stat(target);
        expect({ mode: mode & 0o7777, uid, gid }).toEqual({ mode: 0o1750, uid: 7, gid: 8 });
      });
    });

    test("and counts what is written", async () => {
      await using store = await open();
      await store.writable.create("one", chain);
      const before = await store.writable.usage("one");
      await mounted(await store.writable.mounts("one"), async (target) => {
        await writeFile(join(target, "big"), Buffer.alloc(1024 * 1024, 1), { flush: true });
      });
      const after = await store.writable.usage("one");
      expect(after.bytes - before.bytes).toBeGreaterThanOrEqual(1024 * 1024);
      expect(after.inodes).toBe(before.inodes + 1);
    });

    test("and removes none that is shown", async () => {
      await using store = await open();
      await store.writable.create("one", chain);
      await mounted(await store.writable.mounts("one"), async () => {
        await expect(store.writable.remove("one")).rejects.toMatchObject({ code: "failed-precondition" });
      });
      await store.writable.remove("one");
    });
  });
}
