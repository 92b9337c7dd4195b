import { setTimeout as delay } from "node:timers/promises";
import { parseReference } from "@stowage/reference";
import { connectStore } from "@stowage/store-client";
import { checkAnswers } from "./check-answers.ts";
import { type DaemonProcess, startDaemonProcess } from "./daemon-process.ts";
import { weather } from "./fault-weather.ts";
import { profileMemory } from "./memory-profile.ts";
import { lookAt, type ProcessLook } from "./process-look.ts";
import { Random } from "./random.ts";
import { findHeld, findRemains } from "./remains.ts";
import { soakClient } from "./soak-client.ts";
import { type SoakRegistries, startSoakRegistries } from "./soak-registries.ts";
import type { SoakReport } from "./soak-report.ts";
import { Tally } from "./tally.ts";
import { medianResident } from "./verdict.ts";

export interface SoakOptions {
  readonly seconds: number;
  readonly clients: number;
  /** What is drawn by lot follows from it; when it happens does not. */
  readonly seed: string;
  /** Hears of each look, with the seconds since the clients began and the calls so far. */
  readonly onLook?: (look: ProcessLook, seconds: number, calls: number) => void;
}

/** How long a process at rest gets to close what it has no use for: threads that unpack are kept for ten seconds. */
const settleMilliseconds = 12_000;

/** A start is over by then. */
const freshMilliseconds = 2_000;

/** Runs the daemon under clients and faults, and tells what it held before, meanwhile and afterwards. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  await using registries = await startSoakRegistries(options.seed);
  await using daemon = await startDaemonProcess();
  const { pid, root, address, isBundle } = daemon;
  await delay(freshMilliseconds);
  const fresh = await profileMemory(pid);
  await warmUp(address, registries);
  const start = await lookAt(pid, root);
  const tally = new Tally();
  const looks = await load(daemon, { registries, tally, options });
  const remains = await findRemains(address);
  await delay(settleMilliseconds);
  const end = await lookAt(pid, root);
  const atRest = await profileMemory(pid);
  const exitCode = await daemon.stop();
  const warm = warmLevel(looks, options);
  const left = [...remains, ...findHeld(root)];
  return { isBundle, fresh, start, looks, warm, end, atRest, remains: left, tally, exitCode };
}

/** V8 lets its heap grow for about so long under load before it is as large as it gets. */
const warmSeconds = 60;

/** The level over a fifth of the time, from when the daemon is warm. */
function warmLevel(looks: readonly ProcessLook[], { seconds }: SoakOptions): number | undefined {
  const first = Math.ceil(looks.length * Math.max(0.1, warmSeconds / seconds));
  const fifth = Math.ceil(looks.length / 5);
  return first + 2 * fifth > looks.length ? undefined : medianResident(looks.slice(first, first + fifth));
}

/** What is loaded and opened on first use is there afterwards. */
async function warmUp(address: string, { open }: SoakRegistries): Promise<void> {
  {
    using store = connectStore(address);
    await Promise.all(open.map((name) => store.pull(parseReference(name))));
  }
  await findRemains(address);
  await delay(settleMilliseconds);
}

interface Load {
  readonly registries: SoakRegistries;
  readonly tally: Tally;
  readonly options: SoakOptions;
}

/** Lets the clients and the faults loose, looks at the daemon meanwhile, and comes back when all of them have ended. */
async function load(daemon: DaemonProcess, { registries, tally, options }: Load): Promise<readonly ProcessLook[]> {
  const { seconds, clients, seed, onLook } = options;
  const { address } = daemon;
  const signal = AbortSignal.timeout(seconds * 1000);
  const lanes = Array.from({ length: clients }, (_, at) => {
    return soakClient({ address, registries, tally, random: new Random(`client ${seed} ${at}`) }, signal);
  });
  const faults = weather(registries.all, new Random(`weather ${seed}`), signal);
  const looks: ProcessLook[] = [];
  const started = performance.now();
  while (!signal.aborted) {
    await delay(intervalMilliseconds(seconds));
    const look = await lookAt(daemon.pid, daemon.root);
    looks.push(look);
    onLook?.(look, Math.round((performance.now() - started) / 1000), tally.calls);
    await checkAnswers(address, tally);
  }
  await Promise.all([faults, ...lanes]);
  return looks;
}

/** Enough looks to see a level, and not more than a table can show. */
function intervalMilliseconds(seconds: number): number {
  return Math.min(Math.max((seconds * 1000) / 100, 1000), 15_000);
}
