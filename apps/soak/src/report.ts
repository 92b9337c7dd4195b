import type { MemoryProfile } from "./memory-profile.ts";
import type { ProcessLook } from "./process-look.ts";
import type { SoakReport } from "./soak-report.ts";

/** A line of the table over time. */
export function tellLook(
  { resident, descriptors, mounts, threads }: ProcessLook,
  seconds: number,
  calls: number,
): string {
  const columns = [`${seconds} s`, `${mebibytes(resident)} MiB`, `${descriptors} fd`, `${mounts} mounts`];
  return [...columns, `${threads} threads`, `${calls} calls`].map((text) => text.padStart(12)).join("");
}

/** The levels, and how the calls ended. */
export function tellReport({ isBundle, start, warm, looks, end, tally }: SoakReport): string {
  const peak = Math.max(...looks.map(({ resident }) => resident));
  const levels = [...(warm === undefined ? [] : [`${mebibytes(warm)} warm`]), `${mebibytes(peak)} at most`];
  const counts = [...tally.counts].map(([what, count]) => `  ${what}: ${count}`).toSorted();
  return `
daemon from ${isBundle ? "its bundle" : "its sources"}
resident MiB: ${mebibytes(start.resident)} before, ${levels.join(", ")}, ${mebibytes(end.resident)} after
descriptors: ${start.descriptors} before, ${end.descriptors} after
  before: ${tellOpened(start)}
  after: ${tellOpened(end)}
mounts: ${start.mounts} before, ${end.mounts} after
threads: ${start.threads} before, ${end.threads} after
calls: ${tally.calls}
${counts.join("\n")}
`;
}

export function tellProfile(when: string, { resident, parts }: MemoryProfile): string {
  const lines = parts.map(({ what, bytes }) => `${mebibytes(bytes).padStart(8)}  ${what}`);
  return `\nresident memory, MiB, ${when}\n${lines.join("\n")}\n${mebibytes(resident).padStart(8)}  in sum\n\n`;
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

function tellOpened({ opened }: ProcessLook): string {
  const kinds = Object.entries(opened).toSorted(([, one], [, other]) => other - one);
  return kinds.map(([kind, count]) => `${count} ${kind}`).join(", ");
}
