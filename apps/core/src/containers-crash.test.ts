import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { diffIdsOf } from "@stowage/images";
import { expect, test } from "vitest";
import { inDatabase, pulled, requestFor, startMachine } from "./container-machine.test.fixture.ts";
import type { Store } from "./index.ts";

const privileged = test.skipIf(process.getuid?.() !== 0);

/** Inodes of unpacked layers, whether or not an image has them. */
async function layersOn({ images }: Store): Promise<number> {
  const { lines } = await images.account();
  return lines
    .filter(({ kind }) => kind === "layers" || kind === "leftovers")
    .reduce((sum, { inodes }) => sum + inodes, 0);
}

const states = async ({ containers }: Store) =>
  Object.fromEntries((await containers.list()).map(({ id, state }) => [id, state]));

test("a container keeps its layers when its image is removed, over restarts too, until it is deleted", async () => {
  const machine = await startMachine();
  const { store, image } = await pulled(machine);
  for (const id of ["web", "db"]) await store.containers.create(requestFor(image, id));
  const removal = await store.images.remove(image.id);
  expect(removal?.holders.toSorted()).toEqual(["container db", "container web"]);
  await store.images.collect();
  const kept = await layersOn(store);
  expect(kept).toBeGreaterThan(0);
  await store.containers.delete("web");
  await store[Symbol.asyncDispose]();
  await machine.reboot();
  const again = await machine.open();
  await again.images.collect();
  expect(await layersOn(again)).toBe(kept);
  expect((await again.images.holds()).map(({ holder }) => holder)).toEqual(["container db"]);
  await again.containers.delete("db");
  expect(await layersOn(again)).toBe(0);
  expect(await again.images.holds()).toEqual([]);
});

privileged("a mount is known for one after a restart of the daemon (needs root)", async () => {
  const machine = await startMachine();
  const { store, image } = await pulled(machine);
  await store.containers.create(requestFor(image));
  const rootfs = await store.containers.start("web");
  await writeFile(join(rootfs, "log"), "written");
  await store[Symbol.asyncDispose]();
  const again = await machine.open();
  expect(await states(again)).toEqual({ web: "mounted" });
  expect(await again.containers.start("web")).toBe(rootfs);
  expect(await readFile(join(rootfs, "log"), "utf8")).toBe("written");
  await again.containers.stop("web");
  expect(await states(again)).toEqual({ web: "created" });
});

privileged.for([undefined, "unclean"] as const)(
  "after a boot (%s) nothing is mounted, work is kept, and what was volatile is lost and says so (needs root)",
  async (how) => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    await store.containers.create({ ...requestFor(image, "lasting"), volatile: false });
    await store.containers.create(requestFor(image, "volatile"));
    for (const id of ["lasting", "volatile"]) {
      await writeFile(join(await store.containers.start(id), "log"), id);
      await writeFile(join(await store.containers.workDirectory(id), "work"), "");
      await writeFile(join(await store.containers.runDirectory(id), "run"), "");
    }
    await store[Symbol.asyncDispose]();
    await machine.reboot(how);
    const again = await machine.open();
    expect(again.isSuspect).toBe(how === "unclean");
    expect(await states(again)).toEqual({ lasting: "created", volatile: "lost" });
    for (const id of ["lasting", "volatile"]) {
      expect(await readdir(await again.containers.workDirectory(id))).toEqual(["work"]);
      expect(await readdir(await again.containers.runDirectory(id))).toEqual([]);
    }
    expect(await readFile(join(await again.containers.start("lasting"), "log"), "utf8")).toBe("lasting");
    await expect(again.containers.start("volatile")).rejects.toMatchObject({ code: "failed-precondition" });
    expect((await again.images.list()).map(({ id }) => id)).toEqual([image.id]);
    for (const id of ["lasting", "volatile"]) await again.containers.delete(id);
    await again.containers.create(requestFor(image, "volatile"));
    expect(await states(again)).toEqual({ volatile: "created" });
  },
);

test.for([
  { how: "unclean", volatile: true, left: [] },
  { how: "unclean", volatile: false, left: ["web"] },
  { how: undefined, volatile: true, left: ["web"] },
] as const)(
  "a record whose files are gone is removed after an unclean boot where it is volatile, else told of: $how, $volatile",
  async ({ how, volatile, left }) => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    await store.containers.create({ ...requestFor(image), volatile });
    await store[Symbol.asyncDispose]();
    await rm(join(machine.root, "storage", "writable", "container-web"), { recursive: true });
    await machine.reboot(how);
    const told: unknown[] = [];
    const again = await machine.open({ onFailure: (error) => told.push(error) });
    expect((await again.containers.list()).map(({ id }) => id)).toEqual(left);
    expect(told).toHaveLength(left.length);
    for (const id of left) expect(await states(again)).toEqual({ [id]: "lost" });
  },
);

privileged("what is left of containers without a record is taken away, and nothing else (needs root)", async () => {
  const machine = await startMachine();
  const { store, image } = await pulled(machine);
  for (const id of ["web", "stray"]) await store.containers.create(requestFor(image, id));
  const rootfs = await store.containers.start("stray");
  await store.writable.create("stray", diffIdsOf(image));
  await store[Symbol.asyncDispose]();
  await mkdir(join(machine.root, "containers", "older"));
  inDatabase(machine.root, "DELETE FROM containers WHERE id = 'stray'");
  const again = await machine.open();
  expect(await states(again)).toEqual({ web: "created" });
  expect((await Array.fromAsync(again.writable.list())).map(({ key }) => key).toSorted()).toEqual([
    "container-web",
    "stray",
  ]);
  expect(await readdir(join(machine.root, "containers"))).toEqual(["web"]);
  expect((await again.images.holds()).map(({ holder }) => holder)).toEqual(["container web"]);
  await expect(readdir(rootfs)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a store that is closed while a container is created has all of it afterwards, or nothing", async () => {
  const machine = await startMachine();
  const { store, image } = await pulled(machine);
  const creations = Promise.allSettled(
    ["a", "b", "c", "d"].map((id) => store.containers.create(requestFor(image, id))),
  );
  await store[Symbol.asyncDispose]();
  const created = (await creations).filter(({ status }) => status === "fulfilled").length;
  const again = await machine.open();
  const listed = await again.containers.list();
  expect(listed).toHaveLength(created);
  expect(listed.every(({ state }) => state === "created")).toBe(true);
  expect(await Array.fromAsync(again.writable.list())).toHaveLength(created);
  await expect(store.containers.create(requestFor(image, "late"))).rejects.toMatchObject({ code: "unavailable" });
});
