import { type Step, steps } from "@stowage/steps";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readMarks } from "./acknowledgements.ts";
import { attempt } from "./attempt.ts";
import { scratchStore, settingsWith } from "./crashed-store.test.fixture.ts";
import {
  collect,
  contain,
  create,
  discard,
  drop,
  type Operation,
  pull,
  remove,
  type StepOccurrence,
} from "./driver-plan.ts";
import { expectSound } from "./expect-sound.ts";
import { isNightly } from "./nightly.ts";
import { type OfferedImages, offerImages } from "./offered-images.ts";
import { type DriverRun, runDriver } from "./run-driver.ts";

/**
 * Pulls that share a layer, a second tag, a removal beside what is shared, a repair, writable snapshots and containers of which one
 * outlives its image, and the end of everything.
 */
const life: readonly Operation[] = [
  pull("alpha:1"),
  pull("beta:1"),
  pull("alpha:2"),
  remove("beta:1"),
  collect,
  { kind: "damage", name: "alpha:1" },
  { kind: "check" },
  pull("alpha:1"),
  create("web", "alpha:1"),
  create("db", "alpha:1"),
  discard("db"),
  contain("box", "alpha:1"),
  contain("cup", "alpha:1"),
  drop("cup"),
  remove("alpha:1"),
  collect,
  discard("web"),
  drop("box"),
  collect,
];

/** A pull that takes long enough for notes on how far it has come. */
const longPull: readonly Operation[] = [pull("large:1")];

const small = ["alpha:1", "alpha:2", "beta:1"];

interface Scenario {
  readonly retain: "none" | "budget";
  readonly operations: readonly Operation[];
  readonly offered: OfferedImages;
  /** How often it makes each step. */
  readonly counts: ReadonlyMap<Step, number>;
}

describe("killed right after a step", () => {
  const scenarios: Scenario[] = [];
  const ending = new AsyncDisposableStack();

  beforeAll(async () => {
    const plans = [
      { retain: "none", operations: life, names: small },
      { retain: "budget", operations: life, names: small },
      { retain: "none", operations: longPull, names: ["large:1"] },
    ] as const;
    for (const { names, ...scenario } of plans) {
      const offered = ending.use(await offerImages(names));
      const { steps: counts } = await drive({ ...scenario, offered }, undefined);
      scenarios.push({ ...scenario, offered, counts });
    }
  }, 60_000);
  afterAll(async () => await ending.disposeAsync());

  test.for(steps)("%s, a store is sound", { timeout: 120_000 }, async (step) => {
    const reaching = scenarios.filter(({ counts }) => counts.has(step)).slice(0, 2);
    expect(reaching, "scenarios that make the step").not.toEqual([]);
    await Promise.all(reaching.map((scenario) => killThere(scenario, step)));
  });
});

/** At the first, some and the last time that the step is made. */
async function killThere(scenario: Scenario, step: Step): Promise<void> {
  for (const occurrence of occurrencesOf(scenario, step)) {
    const what = `${step} ${occurrence} with retention "${scenario.retain}"`;
    await attempt(what, async () => void (await drive(scenario, { step, occurrence })));
  }
}

function occurrencesOf({ counts, retain }: Scenario, step: Step): readonly number[] {
  const last = counts.get(step) ?? 0;
  if (isNightly) return Array.from({ length: last }, (_, at) => at + 1);
  return retain === "none" ? [...new Set([1, last])] : [Math.ceil(last / 2)];
}

async function drive(
  { offered, operations, retain }: Omit<Scenario, "counts">,
  killAt: StepOccurrence | undefined,
): Promise<DriverRun> {
  await using store = await scratchStore();
  const { root, marks } = store;
  const settings = settingsWith(retain);
  const run = await runDriver({ root, marks, operations, killAt, settings, registry: offered.registry.host });
  // Threads do not always take turns as they did: the last time may not come.
  expect(run.isKilled).toBe(killAt !== undefined && (run.isKilled || killAt.occurrence === 1));
  await expectSound(root, { offered, marks: readMarks(marks) });
  return run;
}
