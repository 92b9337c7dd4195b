import { setTimeout as delay } from "node:timers/promises";
import type { Retries } from "./limits.ts";

/** How long to wait after so many failures in a row: twice as long each time, up to half of it left to chance. */
export function backoffMilliseconds(
  { firstMilliseconds, maxMilliseconds }: Pick<Retries, "firstMilliseconds" | "maxMilliseconds">,
  failures: number,
): number {
  const most = Math.min(maxMilliseconds, firstMilliseconds * 2 ** (failures - 1));
  return most * (0.5 + Math.random() / 2);
}

/** Waits, and fails with the reason of the signal where that aborts meanwhile. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
