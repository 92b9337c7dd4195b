import { join } from "node:path";
import { isStowageError } from "@stowage/errors";
import type { Chain, LayerSource } from "@stowage/snapshots";
import { assert, asyncProperty } from "fast-check";
import { expect, test } from "vitest";
import { applyLayers } from "./apply-layer.ts";
import { describeTree } from "./describe-tree.ts";
import { archiveOf, writeLayer } from "./layer-source.ts";
import { type LayerStore, openLayerStore, unpackInTurn, unpackTogether, viewed } from "./layer-stores.ts";
import { describeModel, LayerRefusal } from "./model-tree.ts";
import { isNightly } from "./nightly.ts";
import { type RandomImage, randomImages } from "./random-image.ts";

const needsRoot = process.getuid?.() !== 0;

/** The same images with every change, others each night. A failure names the seed, and the smallest image that fails. */
const runs = isNightly ? { numRuns: 20_000 } : { numRuns: 300, seed: 20_260_101 };

test.skipIf(needsRoot)(
  "containerd/containerd#13030, UNP-21: layers unpacked side by side, in turn and by the model show the same (needs root for mounts)",
  async () => {
    await using side = await openLayerStore();
    await using turn = await openLayerStore();
    let refused = 0;
    const property = asyncProperty(randomImages, async (image) => {
      const expected = modelled(image);
      refused += expected === "refused" ? 1 : 0;
      const [together, inTurn] = await inLanes(shown(side, image, unpackTogether), shown(turn, image, unpackInTurn));
      expect(together).toEqual(inTurn);
      expect(together).toEqual(expected);
    });
    await assert(property, runs);
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(runs.numRuns / 5);
  },
  isNightly ? 3_600_000 : 120_000,
);

function modelled(image: RandomImage): readonly string[] | "refused" {
  try {
    return describeModel(applyLayers(image));
  } catch (error) {
    if (error instanceof LayerRefusal) return "refused";
    throw error;
  }
}

type Unpack = (store: LayerStore, layers: readonly LayerSource[]) => Promise<Chain>;

/** What the kernel shows of an image. */
async function shown(store: LayerStore, image: RandomImage, unpack: Unpack): Promise<readonly string[] | "refused"> {
  const layers = image.map((layer, at) => writeLayer(join(store.directory, `layer-${at}`), archiveOf(layer)));
  const chain = layers.map(({ diffId }) => diffId);
  try {
    await unpack(store, layers);
    return await viewed(store, chain, describeTree);
  } catch (error) {
    if (isStowageError(error, "invalid-argument")) return "refused";
    throw error;
  }
}

/** What both come to. Where one fails the other is waited for, lest it meets the next image. */
async function inLanes<Result>(...works: readonly Promise<Result>[]): Promise<readonly Result[]> {
  await Promise.allSettled(works);
  return await Promise.all(works);
}
