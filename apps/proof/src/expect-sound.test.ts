import { appendFileSync, chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readMarks } from "./acknowledgements.ts";
import { scratchPlan } from "./crashed-store.test.fixture.ts";
import { expectSound } from "./expect-sound.ts";
import { layerFiles, type OfferedImages, offerImages } from "./offered-images.ts";
import { runDriver } from "./run-driver.ts";

const names = ["alpha:1", "alpha:2", "beta:1"];

/** Where a file of a layer is, of the layer that has it. */
function pathIn(offered: OfferedImages, root: string, file: string): string {
  const [id = ""] = [...offered.trees].find(([, tree]) => tree.includes(`\n./${file} `)) ?? [];
  return join(layerFiles(root, id), file);
}

test("finds nothing wrong with a store that was closed", async () => {
  await using offered = await offerImages(names);
  const pulls = names.map((name) => ({ kind: "pull", name }) as const);
  const plan = await scratchPlan(offered, [...pulls, { kind: "remove", name: "beta:1" }]);
  const run = await runDriver(plan);
  expect(run.isKilled).toBe(false);
  expect(run.steps.get("image-published")).toBe(3);
  const marks = readMarks(plan.marks);
  expect(marks.filter((line) => /^(?:pulled|removed) /.test(line))).toHaveLength(4);
  await expectSound(plan.root, { offered, marks });
});

test("finds nothing wrong with a store that was killed as it named a layer", async () => {
  await using offered = await offerImages(names);
  const plan = await scratchPlan(offered, [{ kind: "pull", name: "alpha:1" }]);
  const run = await runDriver({ ...plan, killAt: { step: "layer-named", occurrence: 2 } });
  expect(run.isKilled).toBe(true);
  expect(readMarks(plan.marks)).toEqual(["pulling alpha:1"]);
  await expectSound(plan.root, { offered, marks: readMarks(plan.marks) });
});

test.for<{ what: string; harm: (root: string, offered: OfferedImages) => void; says: RegExp }>([
  {
    what: "a file of a layer has other content",
    harm: (root, offered) => appendFileSync(pathIn(offered, root, "bin/more"), "and more"),
    says: /layer/,
  },
  {
    what: "a file of a layer has another mode",
    harm: (root, offered) => chmodSync(pathIn(offered, root, "bin/more"), 0o600),
    says: /layer/,
  },
  {
    what: "a file of a layer is gone",
    harm: (root, offered) => rmSync(pathIn(offered, root, "bin/more")),
    says: /found in listed images/,
  },
  {
    what: "a file is nobody's",
    harm: (root) => writeFileSync(join(root, "storage", "stray"), ""),
    says: /unaccounted/,
  },
  {
    what: "what was acknowledged is not there",
    harm: (root) => rmSync(join(root, "stowage.db")),
    says: /alpha:1, which was pulled/,
  },
])("finds it where $what", async ({ harm, says }) => {
  await using offered = await offerImages(["alpha:1"]);
  const plan = await scratchPlan(offered, [{ kind: "pull", name: "alpha:1" }]);
  await runDriver(plan);
  harm(plan.root, offered);
  await expect(expectSound(plan.root, { offered, marks: readMarks(plan.marks) })).rejects.toThrow(says);
});

test("finds it where what was removed is there", async () => {
  await using offered = await offerImages(["alpha:1"]);
  const plan = await scratchPlan(offered, [{ kind: "pull", name: "alpha:1" }]);
  await runDriver(plan);
  const marks = [...readMarks(plan.marks), "removing alpha:1", "removed alpha:1"];
  await expect(expectSound(plan.root, { offered, marks })).rejects.toThrow(/alpha:1, which was removed/);
});
