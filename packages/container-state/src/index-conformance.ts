import { digestOf } from "@stowage/oci";
import { describe, expect, test } from "vitest";
import type { ContainerIndex } from "./container-index.ts";
import type { ContainerRecord } from "./container-record.ts";

/** What every `ContainerIndex` promises. Each adapter's tests call this with a way to open a fresh one. */
export function describeContainerIndex(name: string, open: () => Promise<ContainerIndex>): void {
  describe(`${name} keeps the promises of ContainerIndex`, () => {
    test("finds a container by its id and by each of its names, with all that was kept", async () => {
      const index = await open();
      await index.add(web);
      for (const text of ["web", "k8s_web", "pod_web"]) expect(await index.find(text)).toEqual(web);
      expect(await index.find("k8s")).toBeUndefined();
      expect(await index.list()).toEqual([web]);
    });

    test("lists the oldest first", async () => {
      const index = await open();
      await index.add(record("zoo"));
      await index.add(record("ant"));
      expect((await index.list()).map(({ id }) => id)).toEqual(["zoo", "ant"]);
    });

    test.for([
      { what: "an id", record: { ...web, names: [] } },
      { what: "a name", record: { ...web, id: "other", names: ["new", "pod_web"] } },
      { what: "a name that is an id", record: { ...web, id: "other", names: ["web"] } },
      { what: "an id that is a name", record: { ...web, id: "k8s_web", names: [] } },
    ])("refuses $what that is taken, and changes nothing", async ({ record: second }) => {
      const index = await open();
      await index.add(web);
      await expect(index.add(second)).rejects.toMatchObject({ code: "already-exists" });
      expect(await index.list()).toEqual([web]);
      expect(await index.find("new")).toBeUndefined();
    });

    test("gives a name to one of those that want it at once", async () => {
      const index = await open();
      const added = await Promise.allSettled(["a", "b", "c"].map((id) => index.add({ ...record(id), names: ["one"] })));
      expect(added.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected", "rejected"]);
      expect(await index.list()).toHaveLength(1);
    });

    test("keeps other metadata, and all else as it is", async () => {
      const index = await open();
      await index.add(web);
      await index.setMetadata("web", '{"pod-name":"other"}');
      expect(await index.find("k8s_web")).toEqual({ ...web, metadata: '{"pod-name":"other"}' });
      await expect(index.setMetadata("db", "{}")).rejects.toMatchObject({ code: "not-found" });
    });

    test("forgets a container once, and its names are free", async () => {
      const index = await open();
      await index.add(web);
      await index.remove("web");
      await index.remove("web");
      expect(await index.list()).toEqual([]);
      expect(await index.find("k8s_web")).toBeUndefined();
      await index.add({ ...web, id: "second" });
      expect((await index.find("k8s_web"))?.id).toBe("second");
    });

    test("does not bring a container back whose metadata is changed while it is removed", async () => {
      const index = await open();
      await index.add(web);
      await Promise.allSettled([index.remove("web"), index.setMetadata("web", "{}")]);
      expect(await index.list()).toEqual([]);
    });

    test("stops with the reason of the signal and adds nothing", async () => {
      const index = await open();
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(index.add(web, { signal })).rejects.toBe(signal.reason);
      expect(await index.list()).toEqual([]);
    });
  });
}

function record(id: string): ContainerRecord {
  const imageId = digestOf("an image");
  return { id, names: [], imageId, metadata: "{}", volatile: false, boot: "this one", createdAt: 12 };
}

const range = { inside: 0, outside: 100_000, length: 65_536 };

const web: ContainerRecord = {
  ...record("web"),
  names: ["k8s_web", "pod_web"],
  handler: "kata",
  snapshotter: "native",
  metadata: '{"pod-name":"web","later":1}',
  idMap: { uids: [range], gids: [range] },
  volatile: true,
};
