import type { ImageRecord } from "@stowage/images";
import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { collectImage, collectOrphans } from "./collect.ts";
import { recordOf } from "./image-record.test.fixture.ts";
import { Leases } from "./leases.ts";
import { MemoryBlobs, MemoryLayers } from "./memory-disk.test.fixture.ts";
import { MemoryImageIndex } from "./memory-image-index.test.fixture.ts";

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

/** A machine on which all of `low` and `high` is, and both are listed. */
async function machine(storedAt = now) {
  const images = new MemoryImageIndex();
  for (const image of [low, high]) await images.publish(image, []);
  const content = new MemoryBlobs([...blobsOf(low), ...blobsOf(high)], storedAt);
  return { images, content, snapshots: new MemoryLayers([[base], [base, upper]]), leases: new Leases() };
}

async function removeHigh(on: Awaited<ReturnType<typeof machine>>): Promise<void> {
  const removed = await on.images.remove(high.id);
  if (removed !== undefined) await collectImage(on, removed);
}

test("gives back what only the removed image had", async () => {
  const on = await machine();
  await removeHigh(on);
  expect([...on.snapshots.kept.values()]).toEqual([[base]]);
  expect([...on.content.kept.keys()].toSorted()).toEqual(blobsOf(low).toSorted());
});

test("keeps what a pull counts on", async () => {
  const on = await machine();
  using _lease = await on.leases.take(blobsOf(high));
  await removeHigh(on);
  expect([...on.content.kept.keys()]).toEqual(expect.arrayContaining(blobsOf(high)));
});

test("keeps what an image needs that is published while the collection is under way", async () => {
  const on = await machine();
  const lease = await on.leases.take(blobsOf(high).slice(1));
  on.content.duringRemoval = async () => {
    await on.images.publish(high, []);
    lease[Symbol.dispose]();
  };
  await removeHigh(on);
  expect([...on.content.kept.keys()]).toEqual(expect.arrayContaining(blobsOf(high).slice(1)));
});

test("leaves a layer that is mounted, and those below it, for later", async () => {
  const on = await machine();
  on.snapshots.mounted.add([base, upper].join());
  await on.images.remove(low.id);
  await removeHigh(on);
  expect([...on.snapshots.kept.values()]).toEqual([[base], [base, upper]]);
  on.snapshots.mounted.clear();
  await collectOrphans(on, { now });
  expect([...on.snapshots.kept.values()]).toEqual([]);
});

test("passes on why the disk cannot be given back", async () => {
  const on = await machine();
  on.snapshots.failure = new Error("the disk failed");
  await expect(removeHigh(on)).rejects.toBe(on.snapshots.failure);
});

test("sweeps layers and blobs that no image has, and leaves those that one has", async () => {
  const on = await machine(now - 25 * hour);
  const orphan = digestOf("an orphan");
  on.content.kept.set(orphan, now - 25 * hour);
  on.snapshots.kept.set([base, other].join(), [base, other]);
  await collectOrphans(on, { now });
  expect([...on.snapshots.kept.values()]).toEqual([[base], [base, upper]]);
  expect(on.content.kept.has(orphan)).toBe(false);
  expect([...on.content.kept.keys()]).toEqual(expect.arrayContaining([...blobsOf(low), ...blobsOf(high)]));
});

test("keeps for a day what a failed pull had fetched", async () => {
  const on = await machine();
  const fetched = digestOf("a layer of a pull that failed");
  on.content.kept.set(fetched, now - 23 * hour);
  await collectOrphans(on, { now });
  expect(on.content.kept.has(fetched)).toBe(true);
  await collectOrphans(on, { now: now + 2 * hour });
  expect(on.content.kept.has(fetched)).toBe(false);
});
