import type { ImageResult } from "./result.ts";
import type { Summary } from "./summary.ts";
import type { Target } from "./targets.ts";

/** An image's figures, a line for each contender, and then what was wanted of them. */
export function formatTable({ image, layers, bytes, medians, targets }: ImageResult): string {
  const head = `${image}: ${layers} ${layers === 1 ? "layer" : "layers"}, ${(bytes / 1024 ** 2).toFixed(1)} MiB compressed`;
  const find = (name: string): Summary | undefined => medians.find(({ contender }) => contender === name);
  const peers = { containerd: find("containerd"), floor: find("floor") };
  const lines = [titles, ...medians.map((summary) => cellsOf(summary, peers))].map(formatLine);
  return `${[head, ...lines, "", ...targets.map(formatTarget)].join("\n")}\n\n`;
}

const titles = [
  "",
  "wall s",
  "/containerd",
  "/floor",
  "CPU s",
  "/containerd",
  "peak MiB",
  "list p99 ms",
  "most ms",
  "bench p99 ms",
  "registry CPU s",
];

interface Peers {
  readonly containerd: Summary | undefined;
  readonly floor: Summary | undefined;
}

function cellsOf(summary: Summary, { containerd, floor }: Peers): readonly string[] {
  return [
    summary.contender,
    formatNumber(summary.seconds),
    formatNumber(summary.seconds / (containerd?.seconds ?? Number.NaN)),
    formatNumber(summary.seconds / (floor?.seconds ?? Number.NaN)),
    formatNumber(summary.processorSeconds),
    formatNumber(summary.processorSeconds / (containerd?.processorSeconds ?? Number.NaN)),
    formatNumber(summary.peakMebibytes, 0),
    formatNumber(summary.listP99Milliseconds, 1),
    formatNumber(summary.listMostMilliseconds, 1),
    formatNumber(summary.benchP99Milliseconds, 1),
    formatNumber(summary.registrySeconds),
  ];
}

/** Nothing, where there is nothing to say. */
function formatNumber(value: number | undefined, digits = 2): string {
  return value === undefined || Number.isNaN(value) ? "" : value.toFixed(digits);
}

/** The first column to the left, the others to the right under their titles. */
function formatLine([name = "", ...cells]: readonly string[]): string {
  const columns = cells.map((cell, index) => cell.padStart(titles[index + 1]?.length ?? 0));
  return [name.padEnd(12), ...columns].join("  ").trimEnd();
}

function formatTarget({ contender, name, value, atMost, isMet }: Target): string {
  const limit = `at most ${atMost}`;
  return `${contender.padEnd(12)}  ${name.padEnd(20)}  ${value.toFixed(2).padStart(7)}  ${limit.padEnd(11)}  ${isMet ? "met" : "missed"}`;
}
