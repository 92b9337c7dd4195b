import { openStore } from "@stowage/core";
import { test } from "vitest";
import { attempt } from "./attempt.ts";
import { scratchStore, settingsWith } from "./crashed-store.test.fixture.ts";
import { expectSound } from "./expect-sound.ts";
import { inLanes } from "./in-lanes.ts";
import { type Doing, type Interleaved, openInterleaved } from "./interleaved-store.test.fixture.ts";
import { isNightly } from "./nightly.ts";
import { type OfferedImages, offerImages } from "./offered-images.ts";
import { proofImages } from "./proof-images.ts";
import { randomOf } from "./random.ts";
import { startStoreProcess } from "./start-store-process.ts";
import { carryOut, type StoreCommand } from "./store-command.ts";

const names = ["alpha:1", "alpha:2", "beta:1", "gamma:1"];

/** Tags that the registry gives to other images now and then. */
const moving = ["alpha:1", "alpha:2"];

/** A store that works, however it is reached. */
interface Worker {
  readonly perform: (command: StoreCommand) => Promise<readonly string[]>;
  end(how: "closed" | "killed"): Promise<void>;
}

/** A registry, and what its images are made of. */
interface Source {
  readonly offered: OfferedImages;
  readonly variant: string;
}

interface Kind {
  readonly what: string;
  readonly runs: number;
  readonly batches: number;
  readonly ends: readonly ("closed" | "killed")[];
  open(root: string, registry: string): Promise<Worker>;
}

const kinds: readonly Kind[] = [
  { what: "closed now and then", runs: isNightly ? 300 : 12, batches: 12, ends: ["closed"], open: openHere },
  {
    what: "killed now and then",
    runs: isNightly ? 200 : 5,
    batches: 12,
    ends: ["closed", "killed", "killed"],
    open: openAside,
  },
];

test.for(kinds)("whatever comes at once, a store $what is as a model says", { timeout: 1_800_000 }, async (kind) => {
  await inLanes(async (lane) => {
    const variant = `${kind.what} ${lane}`;
    await using offered = await offerImages(names, variant);
    for (let run = lane; run < kind.runs; run += 2) {
      const seed = `${kind.what} ${run}`;
      await attempt(`run "${seed}"`, async () => await interleave(kind, { offered, variant }, seed));
    }
  });
});

async function interleave(kind: Kind, source: Source, seed: string): Promise<void> {
  const { offered } = source;
  await using scratch = await scratchStore();
  await using interleaved = openInterleaved(offered, scratch.root);
  let worker = await kind.open(scratch.root, offered.registry.host);
  for (let at = 0; at < kind.batches; at += 1) {
    const step = `${seed} ${at}`;
    if (randomOf(`${step} moves`) < 0.3) moveTag(interleaved, source, step);
    const batch = batchOf(interleaved, step);
    const end = randomOf(`${step} ends`) < 0.25 ? pick(kind.ends, `${step} end`) : undefined;
    await attempt(`batch ${at}, ${JSON.stringify(batch)}, ${end ?? "going on"}`, async () => {
      const going = interleaved.begin(worker.perform, batch);
      if (end === "killed") await pause(`${step} pause`);
      if (end !== "killed") await going.settled;
      if (end !== undefined) {
        await worker.end(end);
        await going.settled;
        worker = await kind.open(scratch.root, offered.registry.host);
      }
      await interleaved.expectAsModelled(worker.perform, going);
    });
  }
  await interleaved.releaseAll(worker.perform);
  for (const name of moving) {
    putImage(source, name, name);
    await worker.perform({ kind: "pull", name: `${offered.registry.host}/${name}` });
  }
  await worker.end("closed");
  await expectSound(scratch.root, { offered, marks: [] });
}

/** What is to be done at once: mostly one to four things. */
function batchOf(interleaved: Interleaved, seed: string): readonly Doing[] {
  const count = 1 + Math.floor(randomOf(`${seed} count`) * 4);
  return Array.from({ length: count }, (_, at) => doingOf(interleaved, `${seed} ${at}`));
}

function doingOf(interleaved: Interleaved, seed: string): Doing {
  const kind = pick(
    ["pull", "pull", "pull", "remove", "remove", "mount", "mount", "unmount", "collect", "check"] as const,
    seed,
  );
  const tag = pick(names, `${seed} tag`);
  if (kind === "pull" || kind === "remove") return { kind, tag };
  if (kind === "mount") return { kind, tag, holder: `holder ${seed}` };
  const [holder] = interleaved.holders;
  if (kind === "unmount") return holder === undefined ? { kind: "collect" } : { kind, holder };
  return { kind };
}

function moveTag(interleaved: Interleaved, source: Source, seed: string): void {
  const tag = pick(moving, `${seed} moved`);
  const to = pick(names, `${seed} to`);
  putImage(source, tag, to);
  interleaved.noteMoved(tag, source.offered.ids.get(to) ?? "");
}

function putImage({ offered, variant }: Source, name: string, from: string): void {
  const [repository = "", tag = ""] = name.split(":");
  const image = proofImages(variant).get(from);
  if (image !== undefined) offered.registry.putImage(repository, tag, image);
}

function pick<Item>(items: readonly Item[], seed: string): Item {
  const item = items[Math.floor(randomOf(seed) * items.length)];
  if (item === undefined) throw new Error("nothing to choose from");
  return item;
}

/** Until a moment that a pull of a small image does not always see. */
async function pause(seed: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, randomOf(seed) * 120));
}

function settingsOn(root: string, registry: string) {
  return { ...settingsWith("none"), root, registry: { plainHttp: [registry] } };
}

async function openHere(root: string, registry: string): Promise<Worker> {
  const store = await openStore(settingsOn(root, registry));
  return {
    perform: (command) => carryOut(store, command),
    end: async () => await store[Symbol.asyncDispose](),
  };
}

async function openAside(root: string, registry: string): Promise<Worker> {
  const store = await startStoreProcess(settingsOn(root, registry));
  return {
    perform: (command) => store.perform(command),
    end: async (how) => await (how === "killed" ? store.kill() : store[Symbol.asyncDispose]()),
  };
}
