import { StowageError } from "@stowage/errors";
import { describe, expect, test } from "vitest";
import { failing, image, MemoryMachine, request } from "./memory-machine.test.fixture.ts";

const whole = ["directories web", "lease web", "record web", "snapshot web"];
const creation = ["hold", "create snapshot", "work directory", "run directory", "read config", "add record"];

describe("a creation", () => {
  test.for(creation)("that fails at its call to %s leaves nothing, and tells why", async (call) => {
    const machine = new MemoryMachine();
    machine.before = { [call]: failing };
    await expect(machine.containers.create(request)).rejects.toThrow("the disk failed");
    expect([...machine.there]).toEqual([]);
    machine.before = {};
    await machine.containers.create(request);
    expect([...machine.there].toSorted()).toEqual(whole);
  });

  test.for(creation)("whose caller leaves at its call to %s ends with the reason and leaves nothing", async (call) => {
    const machine = new MemoryMachine();
    const caller = new AbortController();
    const reason = new Error("enough");
    machine.before = {
      [call]: () => {
        caller.abort(reason);
        caller.signal.throwIfAborted();
      },
    };
    await expect(machine.containers.create(request, { signal: caller.signal })).rejects.toBe(reason);
    expect([...machine.there]).toEqual([]);
  });

  test.for(["unmount", "remove snapshot", "remove directories", "release", "remove record"])(
    "that fails and cannot be undone at %s tells both, and is undone at the next start",
    async (call) => {
      const machine = new MemoryMachine();
      machine.before = { "add record": failing, [call]: () => failing() };
      await expect(machine.containers.create(request)).rejects.toThrow("the disk failed");
      expect(machine.told).toHaveLength(1);
      machine.before = {};
      await machine.containers.recover({ isSuspect: false });
      expect([...machine.there]).toEqual([]);
    },
  );

  test("of an image that was damaged pulls it first, and does not where another one has its name now", async () => {
    const damage = [{ resource: `layer ${image.id}`, why: "is missing" }] as const;
    const mended = new MemoryMachine({ find: async () => ({ ...image, damage }) });
    await mended.containers.create(request);
    expect([...mended.there].toSorted()).toEqual(whole);
    const other = { ...image, id: image.layers[0]?.diffId ?? image.id };
    const moved = new MemoryMachine({ find: async () => ({ ...image, damage }), pull: async () => other });
    const refused = { code: "data-loss", message: expect.stringContaining("is another image now") };
    await expect(moved.containers.create(request)).rejects.toMatchObject(refused);
    expect([...moved.there]).toEqual([]);
  });

  test("does not bring an image back that is removed meanwhile", async () => {
    let asked = 0;
    const find = async () => (asked++ === 0 ? image : undefined);
    const machine = new MemoryMachine({ find, pull: () => Promise.reject(new Error("it was pulled")) });
    machine.before = {
      "create snapshot": () => {
        throw new StowageError("not-found", "Cannot create writable snapshot: a layer is missing");
      },
    };
    await expect(machine.containers.create(request)).rejects.toMatchObject({ code: "not-found" });
    expect([...machine.there]).toEqual([]);
  });
});

describe("a deletion", () => {
  test.for(["unmount", "remove record", "remove snapshot", "remove directories", "release"])(
    "that fails at its call to %s says so, and is completed by the next",
    async (call) => {
      const machine = new MemoryMachine();
      await machine.containers.create(request);
      await machine.containers.start("web");
      machine.before = { [call]: failing };
      await expect(machine.containers.delete("web")).rejects.toMatchObject({ code: "data-loss" });
      machine.before = {};
      await machine.containers.delete("web");
      expect([...machine.there]).toEqual([]);
    },
  );

  test("waits for a creation that is under way", async () => {
    const machine = new MemoryMachine();
    const created = machine.containers.create(request);
    await machine.containers.delete("web");
    await created;
    await machine.containers.delete("web");
    expect([...machine.there]).toEqual([]);
  });
});

describe("a start", () => {
  test.for(["show snapshot", "run directory", "mount"])("that fails at its call to %s says so", async (call) => {
    const machine = new MemoryMachine();
    await machine.containers.create(request);
    machine.before = { [call]: failing };
    await expect(machine.containers.start("web")).rejects.toMatchObject({ code: "data-loss" });
    expect((await machine.containers.find("web"))?.state).toBe("created");
  });

  const mountLabel = "system_u:object_r:container_file_t:s0:c1,c2";

  test("mounts with the label of the metadata, quoted, since it has commas", async () => {
    const machine = new MemoryMachine();
    await machine.containers.create({ ...request, mountLabel });
    const rootfs = await machine.containers.start("web");
    expect(machine.mounts.get(rootfs)).toEqual([
      { type: "overlay", source: "overlay", options: ["lowerdir=/a", `context="${mountLabel}"`] },
    ]);
  });

  test("gives a bind mount no label, since it can have none", async () => {
    const machine = new MemoryMachine();
    machine.shown = [{ type: "bind", source: "/a", options: ["bind", "rw"] }];
    await machine.containers.create({ ...request, mountLabel });
    const rootfs = await machine.containers.start("web");
    expect(machine.mounts.get(rootfs)).toEqual(machine.shown);
  });

  test.for(['{"mountlabel":"x\\",rw"}', '{"mountlabel":"a b"}'])("refuses the label in %s", async (metadata) => {
    const machine = new MemoryMachine();
    await machine.containers.create(request);
    await machine.containers.setMetadata("web", metadata);
    await expect(machine.containers.start("web")).rejects.toMatchObject({ code: "invalid-argument" });
    expect(machine.mounts.size).toBe(0);
  });

  test("refuses metadata that somebody made unreadable", async () => {
    const machine = new MemoryMachine();
    await machine.containers.create(request);
    const [record] = machine.records.values();
    if (record !== undefined) machine.records.set("web", { ...record, metadata: "{" });
    await expect(machine.containers.start("web")).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

test("a stop that fails says so, and the container stays mounted", async () => {
  const machine = new MemoryMachine();
  await machine.containers.create(request);
  await machine.containers.start("web");
  machine.before = { unmount: failing };
  await expect(machine.containers.stop("web")).rejects.toMatchObject({ code: "data-loss" });
  expect((await machine.containers.find("web"))?.state).toBe("mounted");
});

test("one container that cannot be taken away does not keep the others from it", async () => {
  const machine = new MemoryMachine();
  for (const id of ["one", "two"]) await machine.containers.create({ ...request, id });
  for (const id of ["one", "two"]) machine.records.delete(id);
  let failures = 0;
  machine.before = { "remove snapshot": () => (failures++ === 0 ? failing() : undefined) };
  expect((await machine.containers.recover({ isSuspect: false })).removed).toEqual(["two"]);
  expect(machine.told).toHaveLength(1);
  expect([...machine.there].some((each) => each.endsWith(" two") && !each.startsWith("record"))).toBe(false);
});

test("the end stops what is under way, and begins nothing more", async () => {
  const machine = new MemoryMachine();
  await machine.containers[Symbol.asyncDispose]();
  await expect(machine.containers.create(request)).rejects.toMatchObject({ code: "unavailable" });
});
