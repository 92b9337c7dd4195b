import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import type { DiskAccount } from "@stowage/image-service";
import { connectStore } from "@stowage/store-client";
import { keepSeconds } from "./daemon-process.ts";

/** Kinds of disk that are gone when every image is, and nothing is kept for a retry. */
const empty: ReadonlySet<string> = new Set([
  "layers",
  "writable",
  "documents",
  "layer blobs",
  "arriving",
  "leftovers",
  "trash",
]);

/** How much longer than settings keep something it may take to give it back. */
const graceMilliseconds = 10_000;

/** Removes every image, gives the disk back, and tells what is still there that should not be. */
export async function findRemains(address: string): Promise<readonly string[]> {
  using store = connectStore(address);
  for (const { id } of await store.list({ damagedToo: true })) await store.remove(id, { endLease: true });
  const until = performance.now() + keepSeconds * 1000 + graceMilliseconds;
  while (true) {
    await store.collect();
    const remains = tell(await store.account());
    if (remains.length === 0 || performance.now() > until) return remains;
    await delay(500);
  }
}

function tell({ lines, unaccounted }: DiskAccount): readonly string[] {
  const left = lines.filter(({ kind, bytes, inodes }) => empty.has(kind) && bytes + inodes > 0);
  return [
    ...left.map(({ kind, bytes, inodes }) => `${kind}: ${bytes} bytes in ${inodes} inodes`),
    ...unaccounted.paths.map((path) => `unaccounted: ${path}`),
  ];
}

/** Who holds a lease in the store at `root`, and what it calls damaged. The daemon has ended. */
export function findHeld(root: string): readonly string[] {
  const database = new DatabaseSync(join(root, "stowage.db"), { readOnly: true });
  try {
    const leases = database.prepare("SELECT holder FROM leases").all();
    const damage = database.prepare("SELECT resource FROM damage").all();
    return [
      ...leases.map(({ holder }) => `a lease of ${String(holder)}`),
      ...damage.map(({ resource }) => `damage of ${String(resource)}`),
    ];
  } finally {
    database.close();
  }
}
