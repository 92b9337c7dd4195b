import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { defaultSettings } from "@stowage/config";
import { StowageError } from "@stowage/errors";
import { expect, test } from "vitest";
import { attempt } from "./attempt.ts";
import { type ScratchStore, scratchStore, settingsWith } from "./crashed-store.test.fixture.ts";
import { expectSound } from "./expect-sound.ts";
import { inLanes } from "./in-lanes.ts";
import { isNightly } from "./nightly.ts";
import { type OfferedImages, offerImages } from "./offered-images.ts";
import { type StoreProcess, startStoreProcess } from "./start-store-process.ts";
import type { StoreCommand } from "./store-command.ts";
import { isChange, type TracedCall, traceFileCalls, withFault } from "./trace-file-calls.ts";

const alpha = "alpha:1";
const pull: StoreCommand = { kind: "pull", name: alpha };
const remove: StoreCommand = { kind: "remove", name: alpha };
const view: StoreCommand = { kind: "view", name: alpha, holder: "a container" };
const release: StoreCommand = { kind: "release", holder: "a container" };
const check: StoreCommand = { kind: "check" };

/** What is tried, and what is done before it. The end of the last hold on an image that is removed is a collection. */
const rounds: readonly { what: string; before: readonly StoreCommand[]; operation: StoreCommand }[] = [
  { what: "a pull", before: [], operation: pull },
  { what: "a first check", before: [pull], operation: check },
  { what: "a removal", before: [pull], operation: remove },
  { what: "a collection", before: [pull, view, remove], operation: release },
];

const errnos = ["ENOSPC", "EIO", "EROFS"];

test.for(rounds)(
  "$what survives the failure of any call",
  { timeout: isNightly ? 1_800_000 : 300_000 },
  async (round) => {
    const calls = await callsOf(round);
    expect(
      calls.filter(({ name }) => /^writev?$/.test(name)),
      "files are written at positions",
    ).toEqual([]);
    const faults = calls.flatMap((call, at) => errnosAt(at).map((errno) => ({ ...call, errno })));
    const shareOf = (lane: number) => faults.filter((_, at) => at % 2 === lane);
    const missed = (await inLanes((lane) => tryFaults(round, shareOf(lane)))).flat();
    expect(missed.length, `calls that were not made: ${missed.join(", ")}`).toBeLessThan(1 + faults.length / 20);
  },
);

test("drops the bytes of which a flush failed, and never flushes them again", { timeout: 120_000 }, async () => {
  const [round] = rounds;
  if (round === undefined) throw new Error("there is no pull");
  const isOfPull = ({ name, line }: TracedCall) => /^(?:fdatasync|syncfs)$/.test(name) && !toldToOthers.test(line);
  const flushes = (await callsOf(round)).filter(isOfPull);
  expect(new Set(flushes.map(({ name }) => name))).toEqual(new Set(["fdatasync", "syncfs"]));
  await using lane = await Lane.open();
  for (const flush of flushes) {
    for (const command of [pull, remove]) await lane.perform(command);
    await lane.isQuiet();
    let failure: unknown;
    const made = await withFault({ ...flush, errno: "EIO", pid: lane.pid }, async () => {
      failure = await lane.perform(pull).catch((error: unknown) => error);
    });
    expect(failure, made).toMatchObject({ code: "data-loss" });
    expect(await lane.isQuiet(), "unpacked files are dropped").toBe(true);
    const [, lost] = /<([^>]*\/ingest\/[^>]+)>/.exec(made ?? "") ?? [];
    expect(lost === undefined, made).toBe(flush.name === "syncfs");
    if (lost !== undefined) expect(existsSync(lost), made).toBe(false);
    await lane.perform(pull);
    await lane.perform(remove);
  }
});

/** Records for other programs: a pull does not fail over them. */
const toldToOthers = /\/storage\/overlay-(?:layers|images)\//;

/** Every error at night, else one of them in turn at every second call. */
function errnosAt(at: number): readonly string[] {
  if (isNightly) return errnos;
  return at % 2 === 0 ? errnos.slice((at / 2) % errnos.length).slice(0, 1) : [];
}

type Round = (typeof rounds)[number];

/** What the operation does to files when nothing fails. */
async function callsOf({ before, operation }: Round): Promise<readonly TracedCall[]> {
  await using lane = await Lane.open();
  for (const command of [pull, remove, ...before]) await lane.perform(command);
  await lane.isQuiet();
  const traced = await traceFileCalls(lane.pid, async () => {
    await lane.perform(operation);
    await lane.isQuiet();
  });
  return traced.filter(({ line }) => isChange(line));
}

type Failing = TracedCall & { readonly errno: string };

/** Returns the calls that were not made. */
async function tryFaults(round: Round, faults: readonly Failing[]): Promise<readonly string[]> {
  await using lane = await Lane.open();
  for (const command of [pull, remove]) await lane.perform(command);
  const missed: string[] = [];
  for (const fault of faults) {
    const what = `${fault.errno} at ${fault.name} ${fault.occurrence} of "${fault.thread}" in ${round.what}: ${fault.line}`;
    if (!(await attempt(what, async () => await insist(() => tryFault(lane, round, fault))))) missed.push(what);
  }
  await lane.perform(pull);
  await lane.killAndLook({ marks: [`pulled ${alpha}`], depth: "used" });
  return missed;
}

/** Some calls come later or earlier when something else was looked at before, as settings are from time to time. */
async function insist(work: () => Promise<boolean>): Promise<boolean> {
  return (await work()) || (await work()) || (await work());
}

/** Returns whether the call was made. */
async function tryFault(lane: Lane, { before, operation }: Round, fault: Failing): Promise<boolean> {
  for (const command of before) await lane.perform(command);
  await lane.isQuiet();
  let failure: unknown;
  const made = await withFault({ ...fault, pid: lane.pid }, async () => {
    await lane.perform(operation).catch((error: unknown) => {
      failure = error;
    });
    await lane.isQuiet();
  });
  const isMade = made !== undefined && isChange(made);
  if (isMade && failure !== undefined) expectTold(failure);
  expect(await lane.perform({ kind: "unaccounted" }), "unaccounted").toEqual([]);
  const isListed = (await lane.perform({ kind: "list" })).length > 0;
  if (isListed) expect(await lane.perform(check), "found in what is listed").toEqual([]);
  if (fault.thread === "image index") {
    // What the index was told last may be there or not; nothing that it may name has gone.
    await lane.perform({ kind: "collect" });
    await lane.killAndLook({ marks: [], depth: "opened" });
  }
  await lane.perform(pull);
  expect(await lane.perform(check), "found after the next pull").toEqual([]);
  for (const command of [release, remove, { kind: "collect" } as const]) await lane.perform(command);
  expect(await lane.perform({ kind: "unaccounted" }), "unaccounted").toEqual([]);
  if (!(await lane.isQuiet())) {
    await lane.reopen();
    for (const command of [pull, remove]) await lane.perform(command); // so that its threads are there
  }
  return isMade;
}

/** Of a failure, a person learns what and why, and a program what kind it is. */
function expectTold(error: unknown): void {
  expect(error).toBeInstanceOf(StowageError);
  expect(error).toMatchObject({
    code: expect.stringMatching(/^(?:resource-exhausted|failed-precondition|data-loss)$/),
    message: expect.stringMatching(/^Cannot [a-z].+: .+/),
  });
}

/** A store in a process of its own, over and over, and a registry for it. */
class Lane implements AsyncDisposable {
  readonly #offered: OfferedImages;
  readonly #scratch: ScratchStore;
  #process: StoreProcess;

  static async open(): Promise<Lane> {
    const offered = await offerImages([alpha]);
    const scratch = await scratchStore();
    return new Lane({ offered, scratch }, await start(scratch, offered));
  }

  private constructor({ offered, scratch }: { offered: OfferedImages; scratch: ScratchStore }, process: StoreProcess) {
    this.#offered = offered;
    this.#scratch = scratch;
    this.#process = process;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Fails where there is no answer in time. */
  async perform(command: StoreCommand): Promise<readonly string[]> {
    const ending = new AbortController();
    const late = delay(longestAnswer, undefined, { signal: ending.signal }).then(() => {
      throw new Error(`Cannot ${command.kind}: there was no answer in ${longestAnswer} ms`);
    });
    const name = "name" in command ? { name: `${this.#offered.registry.host}/${command.name}` } : {};
    try {
      return await Promise.race([this.#process.perform({ ...command, ...name }), late]);
    } finally {
      ending.abort();
      late.catch(() => undefined);
    }
  }

  /** Waits a little until nothing is on its way out any more; returns whether that came. */
  async isQuiet(): Promise<boolean> {
    for (let waited = 0; waited < 300; waited += 10) {
      const places = ["trash", "storage/overlay/staging"].map((each) => readdir(join(this.#scratch.root, each)));
      if ((await Promise.all(places)).flat().length === 0) return true;
      await delay(10);
    }
    return false;
  }

  async reopen(): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    this.#process = await start(this.#scratch, this.#offered);
  }

  async killAndLook(expected: { readonly marks: readonly string[]; readonly depth: "opened" | "used" }): Promise<void> {
    await this.#process.kill();
    await expectSound(this.#scratch.root, { offered: this.#offered, ...expected });
    this.#process = await start(this.#scratch, this.#offered);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _registry = this.#offered;
    await using _scratch = this.#scratch;
    await this.#process[Symbol.asyncDispose]();
  }
}

const longestAnswer = 10_000;

/** One layer after the other, so that the calls come in the same order every time. */
async function start({ root }: ScratchStore, { registry }: OfferedImages): Promise<StoreProcess> {
  const settings = settingsWith("none");
  const pulls = {
    ...defaultSettings.pull,
    ...settings.pull,
    concurrentLayers: 1,
    concurrentLayersPerRegistry: 1,
    lease: 0,
  };
  return await startStoreProcess({ ...settings, pull: pulls, root, registry: { plainHttp: [registry.host] } });
}
