import { StowageError } from "@stowage/errors";
import { blobResource, type ImageRecord, layerResource, layersOf, resourcesOf } from "@stowage/images";
import { chainIds, digestOf } from "@stowage/oci";
import { expect, onTestFinished, test } from "vitest";
import { collectImage, collectUnheld } from "./collect.ts";
import { Snapshotters } from "./handlers.ts";
import { Holdings } from "./holdings.ts";
import { recordOf } from "./image-record.test.fixture.ts";
import { MemoryBlobs, MemoryLayers } from "./memory-disk.test.fixture.ts";
import { MemoryImageIndex } from "./memory-image-index.test.fixture.ts";
import type { Retention } from "./retention.ts";
import { Roots } from "./roots.ts";

const now = Date.now();
const hour = 60 * 60 * 1000;

const [base, upper, other] = [digestOf("base"), digestOf("upper"), digestOf("other")];

/** An image of these layers, each brought by a blob that is kept. */
function imageOf(name: string, diffIds: ImageRecord["layers"][number]["diffId"][]): ImageRecord {
  const layers = diffIds.map((diffId) => {
    const blob = { mediaType: "application/octet-stream", digest: digestOf(`blob of ${diffId}`), size: 1 };
    return { blob, kept: true, diffId, bytes: 1, inodes: 1 };
  });
  return { ...recordOf(name), layers };
}

const low = imageOf("low", [base]);
const high = imageOf("high", [base, upper]);

function blobsOf({ manifest, index, config, layers }: ImageRecord) {
  return [manifest.digest, index?.digest ?? config.digest, config.digest, ...layers.map(({ blob }) => blob.digest)];
}

const roomy: Retention = { layers: "budget", bytes: 1000, seconds: 24 * 60 * 60 };

const onChange = (): void => undefined;

/** A machine on which all of `low` and `high` is, and both are listed. */
async function machine(storedAt = now) {
  const images = new MemoryImageIndex();
  for (const image of [low, high]) await images.publish(image, []);
  const content = new MemoryBlobs([...blobsOf(low), ...blobsOf(high)], storedAt);
  const holdings = new Holdings();
  const clock = { now: 1000 };
  const freed: number[] = [];
  const onFreed = (): void => void freed.push(clock.now);
  const roots = new Roots({ images, holdings, boot: thisBoot(clock), onFreed, onChange, onFailure: () => undefined });
  const snapshots = new MemoryLayers([[base], [base, upper]]);
  const snapshotters = new Snapshotters(snapshots);
  return { images, content, snapshots, snapshotters, holdings, roots, clock, freed, onFreed };
}

const thisBoot = (clock: { readonly now: number }) => ({ id: "this boot", seconds: () => clock.now });

type Machine = Awaited<ReturnType<typeof machine>>;

async function remove(on: Machine, image: ImageRecord, endLease = false): Promise<void> {
  const removed = await on.roots.remove(image.id, { endLease });
  if (removed !== undefined) await collectImage(on, removed);
}

const chainsOn = (on: Machine) => [...on.snapshots.kept.values()];
const blobsOn = (on: Machine) => [...on.content.kept.keys()];

test("gives back what only the removed image had", async () => {
  const on = await machine();
  await remove(on, high);
  expect(chainsOn(on)).toEqual([[base]]);
  expect(blobsOn(on).toSorted()).toEqual([...new Set(blobsOf(low))].toSorted());
});

test("keeps what a pull counts on", async () => {
  const on = await machine();
  await on.holdings.take("a pull", blobsOf(high).map(blobResource));
  await remove(on, high);
  expect(blobsOn(on)).toEqual(expect.arrayContaining(blobsOf(high)));
});

test("keeps what a record names that may have been written, until another one is", async () => {
  const on = await machine();
  const failure = new StowageError("data-loss", "Cannot write the image index: the disk failed");
  const broken = Object.assign(new MemoryImageIndex(), { publish: () => Promise.reject(failure) });
  const roots = new Roots({
    ...on,
    onChange,
    images: broken,
    boot: thisBoot(on.clock),
    onFreed: on.onFreed,
    onFailure: () => undefined,
  });
  await expect(roots.publish(high, [], { leaseSeconds: 0, mended: [] })).rejects.toBe(failure);
  await collectUnheld({ ...on, roots }, { retention: { ...roomy, bytes: 0 }, now });
  expect(blobsOn(on)).toEqual(expect.arrayContaining(blobsOf(high)));
  expect(chainsOn(on)).toContainEqual([base, upper]);
  await roots.remove(low.id, { endLease: false });
  expect(on.freed).toHaveLength(1);
  await collectUnheld({ ...on, roots }, { retention: { ...roomy, bytes: 0 }, now });
  expect(chainsOn(on)).toEqual([]);
});

test("keeps what an image needs that is published while the collection is under way", async () => {
  const on = await machine();
  await on.holdings.take("a pull", blobsOf(high).slice(1).map(blobResource));
  on.content.duringRemoval = async () => {
    await on.roots.publish(high, [], { leaseSeconds: 0, mended: [] });
    on.holdings.end("a pull");
  };
  await remove(on, high);
  expect(blobsOn(on)).toEqual(expect.arrayContaining(blobsOf(high).slice(1)));
});

test("leaves a layer that is mounted, and those below it, for later", async () => {
  const on = await machine();
  on.snapshots.mounted.add([base, upper].join());
  await remove(on, low);
  await remove(on, high);
  expect(chainsOn(on)).toEqual([[base], [base, upper]]);
  on.snapshots.mounted.clear();
  await collectUnheld(on, { now, retention: roomy });
  expect(chainsOn(on)).toEqual([]);
});

test("keeps for its lease what was pulled and removed at once, and not a moment longer", async () => {
  const on = await machine();
  await on.roots.publish(high, [], { leaseSeconds: 300, mended: [] });
  await remove(on, high);
  expect(chainsOn(on)).toEqual([[base], [base, upper]]);
  on.clock.now += 299;
  await new Roots({
    ...on,
    onChange,
    boot: { id: "this boot", seconds: () => on.clock.now },
    onFreed: () => undefined,
    onFailure: () => undefined,
  }).ready();
  expect(await on.images.listLeases()).toHaveLength(1);
  on.clock.now += 2;
  const later = { ...on, roots: laterRoots(on, "this boot") };
  await later.roots.ready();
  expect(on.freed).toHaveLength(1);
  await collectUnheld(later, { now, retention: roomy });
  expect(chainsOn(on)).toEqual([[base]]);
});

test("ends every lease with the boot that it was taken in", async () => {
  const on = await machine();
  await on.roots.lease("mount /mnt", [layerResource(chainIds([base, upper])[1] ?? base)], {});
  const later = laterRoots(on, "the next boot");
  await later.ready();
  expect(await on.images.listLeases()).toEqual([]);
});

test("keeps over boots, without its image, what somebody holds until they say otherwise", async () => {
  const on = await machine();
  await on.roots.lease("container web", layersOf(high), { outlivesBoot: true });
  await remove(on, high);
  const roots = laterRoots(on, "the next boot");
  await roots.ready();
  await collectUnheld({ ...on, roots }, { now, retention: roomy });
  expect(chainsOn(on)).toEqual([[base], [base, upper]]);
  await roots.end(["container web"]);
  await collectUnheld({ ...on, roots }, { now, retention: roomy });
  expect(chainsOn(on)).toEqual([[base]]);
});

test("a lease of an earlier boot, however late its end would be, holds up no other", async () => {
  const on = await machine();
  await on.images.takeLease({ holder: "pulled before", resources: [], boot: "an earlier boot", endsAt: 1_000_000 });
  const roots = laterRoots(on, "this boot");
  onTestFinished(() => roots[Symbol.dispose]());
  await roots.ready();
  expect(await on.images.listLeases()).toEqual([]);
  await roots.publish(high, [], { leaseSeconds: 1, mended: [] });
  await remove({ ...on, roots }, high);
  on.clock.now += 2;
  await expect.poll(() => on.freed).toHaveLength(1);
});

/** What a process has that starts later, with nothing in memory. */
function laterRoots(on: Machine, boot: string): Roots {
  return new Roots({
    onChange,
    images: on.images,
    holdings: on.holdings,
    boot: { id: boot, seconds: () => on.clock.now },
    onFreed: () => void on.freed.push(on.clock.now),
    onFailure: () => undefined,
  });
}

test("gives back at once what somebody removes who knows that it was only just pulled", async () => {
  const on = await machine();
  await on.roots.publish(high, [], { leaseSeconds: 300, mended: [] });
  await remove(on, high, true);
  expect(chainsOn(on)).toEqual([[base]]);
  expect(await on.images.listLeases()).toEqual([]);
});

test("keeps a mounted image's layers until the holder lets go, although the image is gone", async () => {
  const on = await machine();
  const layers = resourcesOf(high).filter((resource) => resource.startsWith("layer "));
  await on.roots.lease("mount /mnt", layers, {});
  await remove(on, low);
  await remove(on, high);
  await collectUnheld(on, { now, retention: roomy });
  expect(chainsOn(on)).toEqual([[base], [base, upper]]);
  expect(await on.roots.end(["mount /mnt"])).toEqual(layers);
  expect(await on.roots.end(["mount /mnt"])).toEqual([]);
  await collectUnheld(on, { now, retention: roomy });
  expect(chainsOn(on)).toEqual([]);
});

test("passes on why the disk cannot be given back", async () => {
  const on = await machine();
  on.snapshots.failure = new Error("the disk failed");
  await expect(remove(on, high)).rejects.toBe(on.snapshots.failure);
});

test("sweeps layers and blobs that no image has, and leaves those that one has", async () => {
  const on = await machine(now - 25 * hour);
  const orphan = digestOf("an orphan");
  on.content.kept.set(orphan, now - 25 * hour);
  on.snapshots.kept.set([base, other].join(), [base, other]);
  const { unheld } = await collectUnheld(on, { now, retention: { ...roomy, layers: "all" } });
  expect(chainsOn(on)).toEqual([[base], [base, upper]]);
  expect(blobsOn(on)).not.toContain(orphan);
  expect(blobsOn(on)).toEqual(expect.arrayContaining([...blobsOf(low), ...blobsOf(high)]));
  expect(unheld).toEqual({ bytes: 0, inodes: 0 });
});

test("keeps for its time what a failed pull had fetched, and says what that takes", async () => {
  const on = await machine();
  const fetched = digestOf("a layer of a pull that failed");
  on.content.kept.set(fetched, now - 23 * hour);
  on.content.arriving.set(digestOf("half a layer"), now - 23 * hour);
  expect(await collectUnheld(on, { now, retention: roomy })).toMatchObject({ unheld: { bytes: 2, inodes: 2 } });
  expect(blobsOn(on)).toContain(fetched);
  expect(await collectUnheld(on, { now: now + 2 * hour, retention: roomy })).toMatchObject({
    unheld: { bytes: 0, inodes: 0 },
  });
  expect(blobsOn(on)).not.toContain(fetched);
  expect(on.content.arriving.size).toBe(0);
});

test("keeps no more than its budget, the newest first", async () => {
  const on = await machine();
  const [old, young] = [digestOf("old"), digestOf("young")];
  on.content.kept.set(old, now - 2 * hour);
  on.content.kept.set(young, now - hour);
  await collectUnheld(on, { now, retention: { layers: "all", bytes: 1, seconds: 24 * 60 * 60 } });
  expect(blobsOn(on)).toContain(young);
  expect(blobsOn(on)).not.toContain(old);
});

test.for<{ layers: Retention["layers"]; keeps: boolean }>([
  { layers: "none", keeps: false },
  { layers: "budget", keeps: true },
  { layers: "all", keeps: true },
])("with $layers, blobs of unpacked layers are kept: $keeps", async ({ layers, keeps }) => {
  const on = await machine();
  await collectUnheld(on, { now, retention: { ...roomy, layers } });
  const blob = high.layers[0]?.blob.digest ?? high.id;
  expect(blobsOn(on).includes(blob)).toBe(keeps);
  expect((await on.images.find(high.id))?.layers[0]?.kept).toBe(keeps);
  expect(blobsOn(on)).toEqual(expect.arrayContaining([high.manifest.digest, high.id]));
});

test("keeps a layer's blob that a lease holds, though it is over the budget", async () => {
  const on = await machine();
  await on.roots.publish(high, [], { leaseSeconds: 300, mended: [] });
  await collectUnheld(on, { now, retention: { layers: "none", bytes: 0, seconds: 0 } });
  expect(blobsOn(on)).toEqual(expect.arrayContaining(blobsOf(high)));
});

test("does not count what a pull that is under way brings: it is counted with its image", async () => {
  const on = await machine();
  const chain = chainIds([base, upper]).map((id) => layerResource(id));
  const blobs = blobsOf(high).map(blobResource);
  await on.images.remove(high.id);
  on.content.arriving.set(digestOf("arriving"), 5);
  on.holdings.hold("pull one", [...chain, ...blobs, blobResource(digestOf("arriving"))]);
  expect(await collectUnheld(on, { now, retention: roomy })).toMatchObject({ unheld: { bytes: 0, inodes: 0 } });
});

test.for([{ mounted: [] }, { mounted: ["low"] }, { mounted: ["high"] }])(
  "what it would take with $mounted mounted is what it takes",
  async ({ mounted }) => {
    const on = await machine();
    for (const name of mounted) on.snapshots.mounted.add((name === "low" ? [base] : [base, upper]).join());
    for (const image of [low, high]) await on.roots.remove(image.id, { endLease: false });
    const options = { now, retention: { ...roomy, bytes: 3 } };
    const { collection: would } = await collectUnheld(on, { ...options, dryRun: true });
    expect([chainsOn(on).length, blobsOn(on).length]).toEqual([2, new Set([...blobsOf(low), ...blobsOf(high)]).size]);
    const { collection } = await collectUnheld(on, options);
    expect(would).toEqual(collection);
    expect(collection.kept.filter(({ why }) => why === "in-use")).toHaveLength(
      mounted.includes("high") ? 2 : mounted.length,
    );
  },
);
