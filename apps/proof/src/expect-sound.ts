import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { openStore, type Store } from "@stowage/core";
import type { Image } from "@stowage/images";
import type { Digest } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { expect } from "vitest";
import { type Promised, promisedBy } from "./acknowledgements.ts";
import { arrivedBlobs } from "./arrived-blobs.ts";
import { describeTree } from "./describe-tree.ts";
import { containerIds, runRootOf, writableKeys } from "./driver-plan.ts";
import { layerFiles, layerIdsOf, type OfferedImages } from "./offered-images.ts";

export interface Expected {
  readonly offered: OfferedImages;
  /** What the driver had written down. */
  readonly marks: readonly string[];
  /** Whether the power was cut before what was done was durable: then it can be missing, also within files. */
  readonly isLossy?: boolean;
  /** Look at the store as it opens, or also use it afterwards until nothing is in it; by default that. */
  readonly depth?: "opened" | "used";
}

/** Expects of the store that a crash left under `root` whatever stowage promises of it. Afterwards nothing is left in it. */
export async function expectSound(root: string, { depth = "used", ...expected }: Expected): Promise<void> {
  {
    await using store = await openFrugalStore(root);
    await expectOpened(store, expected);
    if (depth === "opened") return;
    await expectPulls(store, expected);
    await expectGone(store);
  }
  expect(await readdir(join(root, "storage", "overlay", "staging")), "staged when closed").toEqual([]);
  expect(await readdir(join(root, "trash")), "in the trash when closed").toEqual([]);
}

/** Without hurry, and such that a collection leaves nothing that no image needs. */
function openFrugalStore(root: string): Promise<Store> {
  const content = { retain: "budget", budget: 0, age: 0 } as const;
  return openStore({
    root,
    runRoot: runRootOf(root),
    content,
    pull: { ...defaultSettings.pull, concurrentLayers: 3, concurrentLayersPerRegistry: 3, lease: 0 },
    durability: "relaxed",
  });
}

/** What holds as soon as the store is open, with no help from the network. */
async function expectOpened(store: Store, expected: Expected): Promise<void> {
  const { offered, marks, isLossy = false } = expected;
  const asked = offered.registry.requests.length;
  const listed = await store.images.list();
  expect((await store.images.account()).unaccounted.paths, "unaccounted").toEqual([]);
  await expectWhole(store, expected);
  if (!isLossy) expectPromised(listed, offered, promisedBy(marks));
  if (!isLossy) await expectWritable(store, promisedBy(marks));
  if (!isLossy) await expectContainers(store, promisedBy(marks));
  expect(offered.registry.requests, "asked of the registry").toHaveLength(asked);
}

/** What is listed is what it was: documents, layers and every file in them. */
async function expectWhole({ images, root }: Store, { offered, isLossy = false }: Expected): Promise<void> {
  const listed = await images.list();
  const ids = new Set(listed.map(({ id }) => id));
  const { findings, unreadable } = await images.check({ level: "digests" });
  if (isLossy) return;
  const ofListed = findings.filter((finding) => finding.images.some((id) => ids.has(id)));
  expect({ findings: ofListed, unreadable }, "found in listed images").toEqual({ findings: [], unreadable: [] });
  for (const image of listed) {
    expect(await images.readConfig(image), "config").toHaveLength(image.config.size);
    for (const id of layerIdsOf(image))
      expect(describeTree(layerFiles(root, id)), `layer ${id}`).toBe(offered.trees.get(id));
  }
}

function expectPromised(
  listed: readonly Image[],
  { ids, registry }: OfferedImages,
  promised: ReadonlyMap<string, Promised>,
): void {
  for (const [name, id] of ids) {
    const found = listed.find(({ tags }) => tags.includes(`${registry.host}/${name}`));
    const promise = promised.get(name);
    if (promise === "listed") expect(found?.id, `${name}, which was pulled`).toBe(id);
    if (promise === "absent") expect(found, `${name}, which was removed`).toBeUndefined();
    if (found !== undefined) expect(found.id, name).toBe(id);
  }
}

/** Writable snapshots are here, with their layers, or not. */
async function expectWritable({ writable }: Store, promised: ReadonlyMap<string, Promised>): Promise<void> {
  for (const key of writableKeys) {
    const found = await writable.find(key);
    if (promised.get(key) === "listed") expect(found, `${key}, which was created`).toBeDefined();
    if (promised.get(key) === "absent") expect(found, `${key}, which was discarded`).toBeUndefined();
    if (found !== undefined) expect(await writable.mounts(key), `mounts of ${key}`).toHaveLength(1);
    if (found !== undefined) expect(await writable.usage(key), `usage of ${key}`).toMatchObject({ inodes: 1 });
  }
}

/** Containers are here, with their layers, or not; and nothing is left of others. */
async function expectContainers(
  { containers, writable, images }: Store,
  promised: ReadonlyMap<string, Promised>,
): Promise<void> {
  for (const id of containerIds) {
    const found = await containers.find(id);
    if (promised.get(id) === "listed") expect(found, `${id}, which was created`).toBeDefined();
    if (promised.get(id) === "absent") expect(found, `${id}, which was deleted`).toBeUndefined();
    if (found !== undefined) expect(await writable.mounts(`container-${id}`), `mounts of ${id}`).toHaveLength(1);
  }
  const listed = await containers.list();
  expect([...new Set(listed.map(({ state }) => state))], "states of containers").toEqual(
    listed.length > 0 ? ["created"] : [],
  );
  const keys = (await Array.fromAsync(writable.list())).map(({ key }) => key);
  const holders = (await images.holds()).map(({ holder }) => holder);
  const ids = listed.map(({ id }) => id).toSorted();
  expect(keys.filter((key) => !writableKeys.includes(key)).toSorted(), "files of containers").toEqual(
    ids.map((id) => `container-${id}`),
  );
  expect(holders.filter((holder) => holder.startsWith("container ")).toSorted(), "holds of containers").toEqual(
    ids.map((id) => `container ${id}`),
  );
}

/** Every image can be pulled, and what had arrived of it whole is not fetched again. */
async function expectPulls(store: Store, expected: Expected): Promise<void> {
  const { ids, registry } = expected.offered;
  const arrived = await arrivedBlobs(store);
  const asked = registry.requests.length;
  for (const [name, id] of ids) {
    const image = await store.images.pull(parseReference(`${registry.host}/${name}`));
    expect(image.id, name).toBe(id);
  }
  const fetched = registry.requests.slice(asked).flatMap(({ path }) => /\/blobs\/(.+)$/.exec(path)?.[1] ?? []);
  const configs = new Set<string>(ids.values()); // they are always asked for, as manifests are
  const again = fetched.filter((digest) => arrived.has(digest) && !configs.has(digest));
  expect(again, "fetched although it had arrived").toEqual([]);
  const listed = await store.images.list();
  expect(new Set(listed.map((image) => image.id)), "listed after the pulls").toEqual(new Set(ids.values()));
  await expectWhole(store, expected);
}

/** Nothing is left of images that are removed. */
async function expectGone({ containers, images, writable }: Store): Promise<void> {
  for (const id of containerIds) await containers.delete(id);
  for (const key of writableKeys) await writable.remove(key);
  for (const { id } of await images.list({ damagedToo: true })) await removeNow(images, id);
  await images.collect();
  const { lines, unaccounted } = await images.account();
  const left = lines.filter(({ kind, inodes }) => !staying.has(kind) && inodes > 0).map(({ kind }) => kind);
  expect({ left, unaccounted: unaccounted.paths }, "left after all was removed").toEqual({ left: [], unaccounted: [] });
}

const staying: ReadonlySet<string> = new Set(["trash", "database", "layout"]);

async function removeNow(images: Store["images"], id: Digest): Promise<void> {
  expect((await images.remove(id, { endLease: true }))?.image.id, "removed").toBe(id);
}
