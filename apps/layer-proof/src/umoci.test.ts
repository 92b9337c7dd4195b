import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, asyncProperty } from "fast-check";
import { expect, test } from "vitest";
import { agreedImages } from "./agreed-image.ts";
import { applyLayers } from "./apply-layer.ts";
import { describeTree } from "./describe-tree.ts";
import { extractByTar } from "./gnu-tar.ts";
import { archiveOf, writeLayer } from "./layer-source.ts";
import { type LayerStore, openLayerStore, unpackTogether, viewed } from "./layer-stores.ts";
import { describeModel } from "./model-tree.ts";
import { isNightly } from "./nightly.ts";
import type { RandomImage } from "./random-image.ts";
import { unpackByUmoci } from "./umoci.ts";
import { umociDifferences } from "./umoci-differences.ts";

const needsRoot = process.getuid?.() !== 0;
const runs = isNightly ? { numRuns: 5000 } : { numRuns: 60, seed: 20_260_102 };

test.skipIf(needsRoot)(
  "UNP-21: images as tools write them are the same by umoci, by the model and by us, and their first layers by GNU tar (needs root)",
  async () => {
    await using store = await openLayerStore();
    let files = 0;
    const property = asyncProperty(agreedImages, async (image) => {
      const expected = describeModel(applyLayers(image));
      expect(byUmoci(image)).toEqual(expected);
      expect(await byUs(store, image)).toEqual(expected);
      expect(byTar(image)).toEqual(describeModel(applyLayers(image.slice(0, 1))));
      files += expected.length;
    });
    await assert(property, runs);
    expect(files / runs.numRuns).toBeGreaterThan(5);
  },
  isNightly ? 1_800_000 : 60_000,
);

test.skipIf(needsRoot).for(umociDifferences)(
  "umoci differs: $name, because $reason (needs root)",
  async ({ image, ours, theirs }) => {
    await using store = await openLayerStore();
    const started = BigInt(Date.now()) * 1_000_000n;
    const seen = await byUs(store, image);
    expect(seen).toEqual(describeModel(applyLayers(image)));
    const other = byUmoci(image).map((line) =>
      line.replace(/(?<= )\d{19}(?= |$)/, (time) => (BigInt(time) < started - 1_000_000_000n ? time : "now")),
    );
    const isRefused = other[0] === "refused";
    expect(seen.filter((line) => isRefused || !other.includes(line))).toEqual(ours);
    expect(other.filter((line) => !seen.includes(line))).toEqual(theirs);
  },
);

async function byUs(store: LayerStore, image: RandomImage): Promise<readonly string[]> {
  const layers = image.map((layer, at) => writeLayer(join(store.directory, `layer-${at}`), archiveOf(layer)));
  return await viewed(store, await unpackTogether(store, layers), describeTree);
}

function byUmoci(image: RandomImage): readonly string[] {
  using scratch = mkdtempDisposableSync(join(tmpdir(), "stowage-umoci-"));
  try {
    return describeTree(unpackByUmoci(scratch.path, image.map(archiveOf)));
  } catch (error) {
    if (error instanceof Error && "status" in error && error.status === 1) return ["refused"];
    throw error;
  }
}

function byTar([files = []]: RandomImage): readonly string[] {
  using scratch = mkdtempDisposableSync(join(tmpdir(), "stowage-tar-"));
  return describeTree(extractByTar(join(scratch.path, "rootfs"), [archiveOf(files)]));
}
