import type { ProcessLook } from "./process-look.ts";
import type { SoakReport } from "./soak-report.ts";

const mebibyte = 1024 * 1024;

/** What the daemon promises to take while nobody asks anything. */
export const maxIdleBytes: number = 120 * mebibyte;

/** Between two looks under load, the heaps of some threads may be full or just collected. */
export const maxLoadGrowthBytes: number = 160 * mebibyte;

/** At rest the daemon collects. A leak of a kilobyte a call is more than this within the long form. */
export const maxRestGrowthBytes: number = 64 * mebibyte;

/** One that was just started for something rare, such as a collection, with the descriptors of its event loop. */
const spareThreads = 1;
const spareDescriptors = 5;

/** What is wrong with how a soak ended; nothing where all is well. */
export function findLeaks(report: SoakReport): readonly string[] {
  const { start, end, looks, warm, tally, remains, isBundle, exitCode } = report;
  return [
    ...tally.blames,
    ...remains,
    ...grown("descriptors", [end.descriptors, start.descriptors], spareDescriptors),
    ...grown("mounts", [end.mounts, start.mounts], 0),
    ...grown("threads", [end.threads, start.threads], spareThreads),
    ...(warm === undefined ? [] : grown("resident bytes under load", [lateLevel(looks), warm], maxLoadGrowthBytes)),
    ...grown("resident bytes at rest", [end.resident, start.resident], maxRestGrowthBytes),
    ...(isBundle ? grown("idle resident bytes at the start", [report.fresh.resident, 0], maxIdleBytes) : []),
    ...(exitCode === 0 ? [] : [`the daemon ended with ${exitCode}`]),
  ];
}

/** Resident bytes in the middle of some looks, so that neither a peak nor a lull decides. */
export function medianResident(looks: readonly ProcessLook[]): number {
  const sorted = looks.map(({ resident }) => resident).toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function lateLevel(looks: readonly ProcessLook[]): number {
  return medianResident(looks.slice(-Math.ceil(looks.length / 5)));
}

function grown(what: string, [now, before]: readonly [now: number, before: number], spare: number): readonly string[] {
  return now > before + spare ? [`${what}: ${now}, were ${before}, and may be ${spare} more`] : [];
}
