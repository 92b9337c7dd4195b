import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type AbortOptions, isErrno, StowageError } from "@stowage/errors";
import type { StagedLayer } from "@stowage/snapshots";
import { step } from "@stowage/steps";
import { lowerText } from "./inspect-layer.ts";
import { layerIdsOf, linkNameOf } from "./layer-id.ts";
import { findLayerRecord, writeLayerRecord } from "./layer-record.ts";
import type { Layout } from "./layout.ts";
import { settle, type Taken } from "./settle.ts";
import { writeText } from "./write-text.ts";

/** What `finishLayer` knows of the commit that it is part of. */
export interface CommitInProgress extends AbortOptions {
  /** Layers that will get their names together with this one, by id. */
  readonly staged: ReadonlyMap<string, StagedLayer>;
  /** What earlier tries to commit this layer took from the layers below. */
  readonly taken: Taken;
}

/**
 * Completes a staged layer but for its name: what it takes from the layers below, `link`, `lower` and its record. The
 * record is written last: a layer that has one was completed before, in a commit that then failed over another layer.
 */
export async function finishLayer(
  layout: Layout,
  { chain, snapshot, layer }: StagedLayer,
  { staged, taken, signal }: CommitInProgress,
): Promise<void> {
  const [id, ...lowers] = layerIdsOf(chain).toReversed();
  const diffId = chain.at(-1);
  if (id === undefined || diffId === undefined) throw new Error("a layer without a diff id");
  const [parent] = lowers;
  await requireParent(layout, { id, parent, staged });
  const directory = dirname(snapshot.directory);
  if ((await findLayerRecord(directory)) !== undefined) return;
  const trees = lowers.map((lower) => staged.get(lower)?.snapshot.directory ?? layout.diff(lower));
  await settle({ root: snapshot.directory, layer, lowers: trees, taken }, { signal });
  await writeText(join(directory, "link"), linkNameOf(id), forReaders);
  if (parent === undefined) await makeDirectory(join(directory, "empty"));
  else await writeText(join(directory, "lower"), lowerText(lowers), forReaders);
  await writeLayerRecord(directory, {
    diffId,
    parent,
    bytes: layer.bytes + taken.bytes,
    inodes: layer.inodes + taken.files + taken.directories.size,
    tarSize: layer.tarSize,
  });
  step("layer-settled");
}

/** One that an earlier try made is fine. Not with `recursive`, which makes ENOENT of whatever the disk says. */
async function makeDirectory(path: string): Promise<void> {
  await mkdir(path).catch((error: unknown) => {
    if (!isErrno(error, "EEXIST")) throw error;
  });
}

/** As containers/storage writes them. */
const forReaders = { mode: 0o644 };

interface Kin {
  readonly id: string;
  readonly parent: string | undefined;
  readonly staged: ReadonlyMap<string, StagedLayer>;
}

async function requireParent(layout: Layout, { id, parent, staged }: Kin): Promise<void> {
  if (parent === undefined || staged.has(parent)) return;
  if ((await findLayerRecord(layout.layer(parent))) !== undefined) return;
  throw new StowageError("failed-precondition", `Cannot commit layer ${id}: its parent ${parent} is not here`);
}
