import { median } from "@stowage/bench-lap";
import type { ListTimes } from "./list-times.ts";
import type { Lap } from "./race.ts";

/** What one contender's laps with one image came to: the median of each figure, of lists also the most. */
export interface Summary {
  readonly contender: string;
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly peakMebibytes: number;
  readonly registrySeconds: number;
  readonly listP99Milliseconds: number | undefined;
  readonly listMostMilliseconds: number | undefined;
  readonly benchP99Milliseconds: number | undefined;
}

/** In the order in which contenders first ran. */
export function summarise(laps: readonly Lap[]): readonly Summary[] {
  const names = [...new Set(laps.map(({ contender }) => contender))];
  return names.map((name) =>
    summaryOf(
      name,
      laps.filter(({ contender }) => contender === name),
    ),
  );
}

function summaryOf(contender: string, laps: readonly Lap[]): Summary {
  const costs = laps.map((lap) => lap.costs);
  return {
    contender,
    seconds: median(costs.map(({ seconds }) => seconds)),
    processorSeconds: median(costs.map(({ processor }) => processor.user + processor.system)),
    peakMebibytes: median(costs.map(({ peakMebibytes }) => peakMebibytes)),
    registrySeconds: median(laps.map(({ registry }) => registry.user + registry.system)),
    ...summaryOfLists(laps.flatMap(({ lists }) => lists ?? [])),
  };
}

function summaryOfLists(
  lists: readonly ListTimes[],
): Pick<Summary, "listP99Milliseconds" | "listMostMilliseconds" | "benchP99Milliseconds"> {
  const isListed = lists.length > 0;
  return {
    listP99Milliseconds: isListed ? median(lists.map((list) => list.p99Milliseconds)) : undefined,
    listMostMilliseconds: isListed ? Math.max(...lists.map((list) => list.mostMilliseconds)) : undefined,
    benchP99Milliseconds: isListed ? median(lists.map((list) => list.benchP99Milliseconds)) : undefined,
  };
}
