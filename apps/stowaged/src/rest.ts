import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { trimMemory } from "@stowage/linux";
import { observe } from "./observe.ts";

/** How often is looked whether there is anything to give back. */
const lookMilliseconds = 5_000;

/** Less than this is not worth the standstill, of some tens of milliseconds. */
const worthBytes = 16 * 1024 * 1024;

/**
 * Gives memory back to the machine while no pull is going on: V8 collects when it allocates, not at rest, and the C library
 * keeps what it has. Disposing it ends that.
 */
export function giveBackAtRest(): Disposable {
  let pulls = 0;
  const counting = observe("stowage.image.pull", { onStart: () => void (pulls += 1), onEnd: () => void (pulls -= 1) });
  let level = process.memoryUsage.rss();
  const timer = setInterval(() => {
    if (pulls > 0 || process.memoryUsage.rss() < level + worthBytes) return;
    collectGarbage();
    trimMemory();
    level = process.memoryUsage.rss();
  }, lookMilliseconds).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      counting[Symbol.dispose]();
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
