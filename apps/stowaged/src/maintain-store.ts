import { setTimeout } from "node:timers/promises";
import type { Settings } from "@stowage/config";
import type { Store } from "@stowage/core";

export interface Maintenance {
  /** How fast and how often is looked at everything, as it is set at the time. */
  readonly check: () => Settings["check"];
  /** Told of what fails in the background, where no caller is to be told. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
  /** Told of what is found damaged. */
  readonly onDamage?: ((found: { readonly resource: string; readonly why: string }) => void) | undefined;
}

/**
 * What a daemon does for its store beside answering: gives back what nobody holds, and reads everything that images need, slowly,
 * from time to time and after the machine went down. Disposing it stops both.
 */
export function maintainStore(store: Store, maintenance: Maintenance): AsyncDisposable {
  const ending = new AbortController();
  const works = [
    collectRegularly(store, maintenance, ending.signal),
    scrubRegularly(store, maintenance, ending.signal),
  ];
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await Promise.all(works);
    },
  };
}

/** Failed pulls leave blobs for their retry, and mounted layers outlive their image: both are looked at this often. */
const collectMilliseconds = 60 * 60 * 1000;

/** What is asked right after the start is answered first. */
const quietMilliseconds = 5_000;

async function collectRegularly({ images }: Store, { onFailure }: Maintenance, signal: AbortSignal): Promise<void> {
  await pause(quietMilliseconds, signal);
  while (!signal.aborted) {
    await images.collect({ signal }).catch((error: unknown) => {
      if (!signal.aborted) onFailure?.(error);
    });
    await pause(collectMilliseconds, signal);
  }
}

async function scrubRegularly(
  store: Store,
  { check, onFailure, onDamage }: Maintenance,
  signal: AbortSignal,
): Promise<void> {
  if (!store.isSuspect) await pauseFor(check, signal);
  while (!signal.aborted) {
    try {
      const { findings } = await store.scrub({ signal, bytesPerSecond: check().rate });
      for (const found of findings) onDamage?.(found);
    } catch (error) {
      if (!signal.aborted) onFailure?.(error);
    }
    await pauseFor(check, signal);
  }
}

/** How often is looked whether the interval has been set otherwise. */
const lookMilliseconds = 10 * 60 * 1000;

async function pauseFor(check: Maintenance["check"], signal: AbortSignal): Promise<void> {
  const begun = performance.now();
  const left = (): number => begun + check().interval * 1000 - performance.now();
  while (!signal.aborted && left() > 0) await pause(Math.min(left(), lookMilliseconds), signal);
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
}
