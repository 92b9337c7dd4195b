import { dirname, join } from "node:path";
import { layerIdsOf } from "@stowage/containers-storage";
import { type AbortOptions, StowageError } from "@stowage/errors";
import type { StagedLayer } from "@stowage/snapshots";
import { step } from "@stowage/steps";
import type { LayerDriver } from "./layer-driver.ts";
import { findLayerRecord, writeLayerRecord } from "./layer-record.ts";
import { settle, type Taken } from "./settle.ts";

/** What `finishLayer` knows of the commit that it is part of. */
export interface CommitInProgress extends AbortOptions {
  /** Layers that will get their names together with this one, by id. */
  readonly staged: ReadonlyMap<string, StagedLayer>;
  /** What earlier tries to commit this layer took from the layers below. */
  readonly taken: Taken;
}

/**
 * Completes a staged layer but for its name: what it takes from the layers below, what the driver adds, and its record. The
 * record is written last: a layer that has one was completed before, in a commit that then failed over another layer.
 */
export async function finishLayer(
  driver: LayerDriver,
  { chain, snapshot, layer }: StagedLayer,
  { staged, taken, signal }: CommitInProgress,
): Promise<void> {
  const [id, ...lowers] = layerIdsOf(chain).toReversed();
  const diffId = chain.at(-1);
  if (id === undefined || diffId === undefined) throw new Error("a layer without a diff id");
  const [parent] = lowers;
  await requireParent(driver, { id, parent, staged });
  const staging = dirname(snapshot.directory);
  const directory = driver.finished(staging);
  if ((await findLayerRecord(directory)) !== undefined) return;
  const treeOf = (lower: string): string => treeIn(driver, staged.get(lower)) ?? driver.layout.diff(lower);
  const trees = driver.needed(lowers).map(treeOf);
  await settle({ root: snapshot.directory, layer, lowers: trees, taken }, { signal });
  const usage = await driver.finish({ id, lowers, staging, layer, taken, treeOf, signal });
  await writeLayerRecord(directory, { diffId, parent, ...usage, tarSize: layer.tarSize });
  step("layer-settled");
}

function treeIn(driver: LayerDriver, staged: StagedLayer | undefined): string | undefined {
  return staged === undefined ? undefined : join(driver.finished(dirname(staged.snapshot.directory)), "diff");
}

interface Kin {
  readonly id: string;
  readonly parent: string | undefined;
  readonly staged: ReadonlyMap<string, StagedLayer>;
}

async function requireParent({ layout }: LayerDriver, { id, parent, staged }: Kin): Promise<void> {
  if (parent === undefined || staged.has(parent)) return;
  if ((await findLayerRecord(layout.layer(parent))) !== undefined) return;
  throw new StowageError("failed-precondition", `Cannot commit layer ${id}: its parent ${parent} is not here`);
}
