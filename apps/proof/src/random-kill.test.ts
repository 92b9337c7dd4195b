import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { readMarks } from "./acknowledgements.ts";
import { attempt } from "./attempt.ts";
import { type ScratchStore, scratchStore, settingsWith } from "./crashed-store.test.fixture.ts";
import { collect, type DriverPlan, pull, remove } from "./driver-plan.ts";
import { expectSound } from "./expect-sound.ts";
import { isNightly } from "./nightly.ts";
import { type OfferedImages, offerImages } from "./offered-images.ts";
import { randomOf, shuffled } from "./random.ts";
import { runDriver } from "./run-driver.ts";

const kills = isNightly ? 2000 : 100;

/** Kills after which it is also looked what can be done with the store, and a new one begun. */
const killsOfOneStore = 10;

const names = ["alpha:1", "alpha:2", "beta:1"];

test(`killed ${kills} times at any moment, a store is sound`, { timeout: kills * 2000 }, async () => {
  const lanes = await Promise.all(["one", "another"].map((lane) => killOverAndOver(lane, kills / 2)));
  const said = lanes.flat();
  for (const verb of ["pulled", "removed", "collected"]) expect(said.map((mark) => mark.split(" ")[0])).toContain(verb);
});

/** Returns what was written down in all lives. */
async function killOverAndOver(lane: string, times: number): Promise<readonly string[]> {
  await using offered = await offerImages(names);
  await using store = await scratchStore();
  const said: string[] = [];
  const longest = await measureLife(offered);
  for (let at = 1; at <= times; at += 1) {
    const killAfter = Math.floor(randomOf(`${lane} ${at} delay`) * longest);
    await attempt(`kill ${at} of lane ${lane}, ${killAfter} ms`, async () => {
      await runDriver(restlessPlan({ offered, ...store }, `${lane} ${at}`), { killAfter });
      const marks = readMarks(store.marks);
      const isLast = at % killsOfOneStore === 0;
      await expectSound(store.root, { offered, marks, depth: isLast ? "used" : "opened" });
      if (!isLast) return;
      said.push(...marks);
      await rm(store.marks, { force: true });
    });
  }
  return said;
}

/** How long it takes here and now to do everything once. */
async function measureLife(offered: OfferedImages): Promise<number> {
  await using store = await scratchStore();
  const { lasted } = await runDriver({ ...restlessPlan({ offered, ...store }, "measured"), endless: false });
  return lasted;
}

function restlessPlan(
  { offered, root, marks }: Pick<ScratchStore, "root" | "marks"> & { readonly offered: OfferedImages },
  seed: string,
): DriverPlan {
  const operations = shuffled([...names.map(pull), remove("alpha:2"), remove("beta:1"), collect], seed);
  const settings = settingsWith(randomOf(`${seed} retain`) < 0.5 ? "none" : "budget");
  return { root, marks, operations, settings, endless: true, registry: offered.registry.host };
}
