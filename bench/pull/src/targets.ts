import type { ImageName } from "./images/recipes.ts";
import type { Summary } from "./summary.ts";

/** Something we want of our figures, and what it is. */
export interface Target {
  readonly contender: string;
  readonly name: string;
  readonly value: number;
  readonly atMost: number;
  readonly isMet: boolean;
}

interface Aim {
  readonly contender: string;
  readonly name: string;
  /** What the figure is divided by: that of another contender. */
  readonly of?: string;
  readonly figure: "seconds" | "processorSeconds" | "peakMebibytes" | "listP99Milliseconds";
  readonly atMost: number;
}

/** Those for an image, as far as whom they compare has run. */
export function targetsFor(image: ImageName, summaries: readonly Summary[]): readonly Target[] {
  return aimsFor(image).flatMap(({ contender, name, of, figure, atMost }) => {
    const valueOf = (who: string) => summaries.find((summary) => summary.contender === who)?.[figure];
    const ours = valueOf(contender);
    const theirs = of === undefined ? 1 : valueOf(of);
    if (ours === undefined || theirs === undefined) return [];
    const value = ours / theirs;
    return [{ contender, name, value, atMost, isMet: value <= atMost }];
  });
}

function aimsFor(image: ImageName): readonly Aim[] {
  const ofContainerd = {
    contender: "stowage",
    name: "time of containerd's",
    of: "containerd",
    figure: "seconds",
  } as const;
  const ofFloor = { contender: "stowage", name: "time of the floor's", of: "floor", figure: "seconds" } as const;
  return image === "application"
    ? [{ ...ofContainerd, atMost: 0.4 }, { ...ofFloor, atMost: 1 }, ...everywhere]
    : [{ ...ofContainerd, atMost: 0.5 }, ...everywhere];
}

const everywhere: readonly Aim[] = [
  { contender: "stowage-full", name: "time of stowage's", of: "stowage", figure: "seconds", atMost: 1.3 },
  ...["stowage", "stowage-full"].flatMap((contender): readonly Aim[] => [
    { contender, name: "CPU of containerd's", of: "containerd", figure: "processorSeconds", atMost: 1 },
    { contender, name: "peak memory, MiB", figure: "peakMebibytes", atMost: 350 },
    { contender, name: "ListImages p99, ms", figure: "listP99Milliseconds", atMost: 20 },
  ]),
];
