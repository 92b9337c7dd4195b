import { appendFileSync, chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readMarks } from "./acknowledgements.ts";
import { scratchStore, settingsWith } from "./crashed-store.test.fixture.ts";
import type { DriverPlan } from "./driver-plan.ts";
import { expectSound } from "./expect-sound.ts";
import { layerFiles, type OfferedImages, offerImages } from "./offered-images.ts";
import { type DriverRun, runDriver } from "./run-driver.ts";

const names = ["alpha:1", "alpha:2", "beta:1"];

/** Where a file of a layer is, of the layer that has it. */
function pathIn(offered: OfferedImages, root: string, file: string): string {
  const [id = ""] = [...offered.trees].find(([, tree]) => tree.includes(`\n./${file} `)) ?? [];
  return join(layerFiles(root, id), file);
}

/** Drives a new store; what is left of it, and what the driver wrote down, is for `look`. */
async function driveAndLook(
  plan: Pick<DriverPlan, "operations" | "killAt">,
  look: (left: {
    readonly root: string;
    readonly marks: readonly string[];
    readonly offered: OfferedImages;
  }) => unknown,
): Promise<DriverRun> {
  await using offered = await offerImages(names);
  await using store = await scratchStore();
  const run = await runDriver({ ...plan, ...store, registry: offered.registry.host, settings: settingsWith("none") });
  await look({ root: store.root, marks: readMarks(store.marks), offered });
  return run;
}

const pullAlpha = { kind: "pull", name: "alpha:1" } as const;

test("finds nothing wrong with a store that was closed", async () => {
  const pulls = names.map((name) => ({ kind: "pull", name }) as const);
  const operations = [...pulls, { kind: "remove", name: "beta:1" }] as const;
  const run = await driveAndLook({ operations }, async ({ root, marks, offered }) => {
    expect(marks.filter((line) => /^(?:pulled|removed) /.test(line))).toHaveLength(4);
    await expectSound(root, { offered, marks });
  });
  expect(run.isKilled).toBe(false);
  expect(run.steps.get("image-published")).toBe(3);
});

test("finds nothing wrong with a store that was killed as it named a layer", async () => {
  const killAt = { step: "layer-named", occurrence: 2 } as const;
  const run = await driveAndLook({ operations: [pullAlpha], killAt }, async ({ root, marks, offered }) => {
    expect(marks).toEqual(["pulling alpha:1"]);
    await expectSound(root, { offered, marks });
  });
  expect(run.isKilled).toBe(true);
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
  await driveAndLook({ operations: [pullAlpha] }, async ({ root, marks, offered }) => {
    harm(root, offered);
    await expect(expectSound(root, { offered, marks })).rejects.toThrow(says);
  });
});

test("finds it where what was removed is there", async () => {
  await driveAndLook({ operations: [pullAlpha] }, async ({ root, marks, offered }) => {
    const lied = [...marks, "removing alpha:1", "removed alpha:1"];
    await expect(expectSound(root, { offered, marks: lied })).rejects.toThrow(/alpha:1, which was removed/);
  });
});
