import { type CrashModel, type CrashState, crashStates, type Recording, writeTree } from "@stowage/crash-replay";
import { setXattr } from "@stowage/linux";
import { cutAfter, type FakeRegistry, type Fault, when } from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { attempt } from "./attempt.ts";
import { scratchStore, settingsWith } from "./crashed-store.test.fixture.ts";
import { collect, contain, create, type DriverPlan, discard, drop, pull, remove } from "./driver-plan.ts";
import { type Expected, expectSound } from "./expect-sound.ts";
import { isNightly } from "./nightly.ts";
import { type OfferedImages, offerImages } from "./offered-images.ts";
import { randomOf } from "./random.ts";
import { recordDriver } from "./record-driver.ts";

interface Scenario extends Pick<DriverPlan, "operations" | "settings"> {
  readonly name: string;
  readonly fault?: (registry: FakeRegistry) => void;
}

const life = [
  pull("alpha:1"),
  create("web", "alpha:1"),
  pull("beta:1"),
  create("db", "beta:1"),
  pull("alpha:2"),
  discard("web"),
  contain("box", "alpha:1"),
  contain("cup", "beta:1"),
  drop("box"),
  remove("beta:1"),
  collect,
];
const brokenPull = { kind: "pull", name: "alpha:1", fails: true } as const;

const scenarios: readonly Scenario[] = [
  { name: "pulls, a removal and a collection", operations: life, settings: settingsWith("none") },
  { name: "the same, blobs of layers being kept", operations: life, settings: settingsWith("budget") },
  {
    name: "a pull that breaks off, and one that goes on",
    operations: [brokenPull, pull("alpha:1")],
    settings: settingsWith("none"),
    fault: breakFirstPull,
  },
];

/** Of a store that was told not to wait for the disk less is expected: that it opens, and knows what is on the disk. */
const relaxed: Scenario = {
  name: "pulls and a removal that did not wait for the disk",
  operations: life,
  settings: { ...settingsWith("none"), durability: "relaxed" },
};

const models: readonly CrashModel[] = ["ext4", "posix"];

const privileged = describe.skipIf(process.getuid?.() !== 0);

privileged.for([...scenarios, relaxed])("after a power cut during $name (needs root)", (scenario) => {
  test.for(models)("a store is sound, by %s", { timeout: 2 * 60 * 60 * 1000 }, async (model) => {
    await using offered = await offerImages(["alpha:1", "alpha:2", "beta:1"]);
    const recording = await record(scenario, offered);
    let tried = 0;
    for (const { state, depth } of sampled(crashStates(recording, { model }), scenario.name)) {
      tried += 1;
      const isLossy = scenario === relaxed;
      const expected = { offered, depth: isLossy ? "opened" : depth, isLossy } as const;
      await attempt(`call ${state.after} without ${state.lost}`, () => expectStateSound(state, expected));
    }
    expect(tried).toBeGreaterThan(50);
  });
});

async function record({ operations, settings, fault }: Scenario, offered: OfferedImages): Promise<Recording> {
  await using store = await scratchStore();
  const { root, marks } = store;
  const { registry } = offered;
  fault?.(registry);
  return await recordDriver({ root, marks, operations, settings, registry: registry.host });
}

interface SampledState {
  readonly state: CrashState;
  readonly depth: "opened" | "used";
}

/** By day some states are tried, and a few of them used, which takes ten times as long. */
function* sampled(states: Iterable<CrashState>, seed: string): Generator<SampledState, void, undefined> {
  let met = 0;
  for (const state of states) {
    met += 1;
    const chance = isNightly ? 0 : randomOf(`${seed} ${met}`);
    if (chance < triedShare) yield { state, depth: chance < usedShare ? "used" : "opened" };
  }
}

const triedShare = 1 / 12;
const usedShare = 1 / 300;

async function expectStateSound({ tree, marks }: CrashState, expected: Omit<Expected, "marks">): Promise<void> {
  await using store = await scratchStore();
  writeTree(tree, store.root, { setXattr });
  await expectSound(store.root, { ...expected, marks });
}

/** Of the first pull no layer arrives whole. */
function breakFirstPull(registry: FakeRegistry): void {
  const before = registry.requests.length;
  const isFirst = (): boolean =>
    registry.requests.slice(before).filter(({ path }) => path.endsWith("/manifests/1")).length < 2;
  const cut: Fault = (request, next) => (isFirst() ? cutAfter(100)(request, next) : next(request));
  registry.wrap(when(/ \/v2\/alpha\/blobs\//, cut));
}
