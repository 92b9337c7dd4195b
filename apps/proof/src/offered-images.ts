import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layerIdOf } from "@stowage/containers-storage";
import { openStore } from "@stowage/core";
import { diffIdsOf, type Image } from "@stowage/images";
import type { Digest } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { type FakeRegistry, startRegistry } from "@stowage/registry-fake";
import { describeTree } from "./describe-tree.ts";
import { proofImages } from "./proof-images.ts";

/** A registry with images in it, and what they come to in a store that nothing disturbed. */
export interface OfferedImages extends AsyncDisposable {
  readonly registry: FakeRegistry;
  /** Repository and tag, as in the driver's plans, to id. */
  readonly ids: ReadonlyMap<string, Digest>;
  /** By `layerIdOf`, what `describeTree` says of the layer. */
  readonly trees: ReadonlyMap<string, string>;
}

/** Offers some of the images of `proofImages`, of some variant. */
export async function offerImages(names: readonly string[], variant?: string): Promise<OfferedImages> {
  await using offering = new AsyncDisposableStack();
  const registry = offering.use(await startRegistry());
  for (const [name, image] of proofImages(variant)) {
    const [repository = "", tag = ""] = name.split(":");
    if (names.includes(name)) registry.putImage(repository, tag, image);
  }
  const undisturbed = await pullUndisturbed(registry, names);
  const offered = offering.move();
  return { registry, ...undisturbed, [Symbol.asyncDispose]: async () => await offered.disposeAsync() };
}

async function pullUndisturbed(
  registry: FakeRegistry,
  names: readonly string[],
): Promise<Pick<OfferedImages, "ids" | "trees">> {
  await using scratch = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), "stowage-proof-"));
  scratch.defer(async () => await rm(root, { recursive: true, force: true }));
  const { images } = scratch.use(await openStore({ root }));
  const ids = new Map<string, Digest>();
  const trees = new Map<string, string>();
  for (const name of names) {
    const image = await images.pull(parseReference(`${registry.host}/${name}`));
    ids.set(name, image.id);
    for (const id of layerIdsOf(image)) trees.set(id, describeTree(layerFiles(root, id)));
  }
  return { ids, trees };
}

/** The layers of an image, bottom first. */
export function layerIdsOf(image: Image): readonly string[] {
  const chain = diffIdsOf(image);
  return chain.map((_, at) => layerIdOf(chain.slice(0, at + 1)));
}

/** Where the files of a layer are in the store under `root`. */
export function layerFiles(root: string, layerId: string): string {
  return join(root, "storage", "overlay", layerId, "diff");
}
