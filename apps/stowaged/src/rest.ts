import { tracingChannel } from "node:diagnostics_channel";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { trimMemory } from "@stowage/linux";

/** How often is looked whether there is anything to give back. */
const lookMilliseconds = 5_000;

/** Less than this is not worth the standstill, of some tens of milliseconds. */
const worthBytes = 16 * 1024 * 1024;

/**
 * Gives memory back to the machine while no pull is going on: V8 collects when it allocates, not at rest, and the C library
 * keeps what it has. Disposing it ends that.
 */
export function giveBackAtRest(): Disposable {
  const pulls = countPulls();
  let level = process.memoryUsage.rss();
  const timer = setInterval(() => {
    if (pulls.count() > 0 || process.memoryUsage.rss() < level + worthBytes) return;
    collectGarbage();
    trimMemory();
    level = process.memoryUsage.rss();
  }, lookMilliseconds).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      pulls[Symbol.dispose]();
    },
  };
}

/** V8 shows the function to contexts that are made after it was told to. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect === "function") collect({ type: "major", flavor: "last-resort" });
}

function countPulls(): Disposable & { readonly count: () => number } {
  let count = 0;
  const subscribers = {
    start: () => void (count += 1),
    asyncEnd: () => void (count -= 1),
    end: () => undefined,
    asyncStart: () => undefined,
    error: () => undefined,
  };
  const pulls = tracingChannel("stowage.image.pull");
  pulls.subscribe(subscribers);
  return { count: () => count, [Symbol.dispose]: () => pulls.unsubscribe(subscribers) };
}
