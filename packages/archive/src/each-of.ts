import type { AbortOptions } from "@stowage/errors";

interface EachOptions extends AbortOptions {
  /** How many at once. */
  readonly width: number;
}

/** Runs `work` for each of some things, several at once. The first failure stops the others, and all are waited for. */
export async function eachOf<Thing>(
  things: readonly Thing[],
  { width, signal }: EachOptions,
  work: (thing: Thing, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const waiting = things.values();
  const runners = Array.from({ length: Math.min(width, things.length) }, async () => {
    try {
      for (const thing of waiting) {
        stopped.throwIfAborted();
        await work(thing, stopped);
      }
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(runners);
  stopped.throwIfAborted();
}
