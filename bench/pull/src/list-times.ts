import { monitorEventLoopDelay } from "node:perf_hooks";
import { openListCalls, quantile } from "@stowage/bench-lap";

export interface ListTimes {
  readonly count: number;
  readonly p99Milliseconds: number;
  readonly mostMilliseconds: number;
  /** How late the bench itself was at such times, since others had the processors: as much of the above need not be the daemon. */
  readonly benchP99Milliseconds: number;
}

/** Calls `ListImages` over a connection of its own at an even pace while `run` runs, also while an earlier call waits. */
export async function timeListsDuring(address: string, run: () => Promise<unknown>): Promise<ListTimes> {
  using lists = openListCalls(address);
  await lists.call(); // connects
  const times: Promise<number>[] = [];
  const delays = monitorEventLoopDelay({ resolution: paceMilliseconds });
  delays.enable();
  const pace = setInterval(() => {
    const time = millisecondsOf(() => lists.call());
    time.catch(() => undefined); // told where all are awaited
    times.push(time);
  }, paceMilliseconds);
  try {
    await run();
  } finally {
    clearInterval(pace);
    delays.disable();
  }
  const milliseconds = await Promise.all(times);
  return {
    count: milliseconds.length,
    p99Milliseconds: quantile(milliseconds, 0.99),
    mostMilliseconds: Math.max(...milliseconds),
    benchP99Milliseconds: delays.percentile(99) / 1e6 - paceMilliseconds,
  };
}

async function millisecondsOf(run: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** Often enough for a percentile of a pull of a second. */
const paceMilliseconds = 10;
