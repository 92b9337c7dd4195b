import { setTimeout as sleep } from "node:timers/promises";
import type { AbortOptions } from "@stowage/errors";

/** What is waited for after so many bytes, so that they come to no more than `bytesPerSecond`. */
export function paceOf(bytesPerSecond: number, { signal }: AbortOptions = {}): (bytes: number) => Promise<void> {
  let due = performance.now();
  return async (bytes) => {
    due = Math.max(due, performance.now() - slackMilliseconds) + (bytes / bytesPerSecond) * 1000;
    const early = due - performance.now();
    if (early > 0) await sleep(early, undefined, { signal, ref: false });
  };
}

/** Time that was not used is not made up for beyond this. */
const slackMilliseconds = 100;
