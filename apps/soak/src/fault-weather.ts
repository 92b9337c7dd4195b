import { setTimeout as delay } from "node:timers/promises";
import {
  badBody,
  cutAfter,
  dropConnection,
  type FakeRegistry,
  type Fault,
  lyingDigest,
  stallAfter,
  status,
  tooManyRequests,
  when,
} from "@stowage/registry-fake";
import type { Random } from "./random.ts";

const blobs = /^GET .*\/blobs\//;
const manifests = /\/manifests\//;

const faults: readonly (() => Fault)[] = [
  dropConnection,
  () => status(500),
  () => status(503),
  () => tooManyRequests({ count: 5 }),
  () => when(blobs, cutAfter(1000)),
  () => when(blobs, cutAfter(1024 * 1024)),
  () => when(blobs, stallAfter(20_000)),
  () => when(blobs, badBody()),
  () => when(manifests, lyingDigest(`sha256:${"0".repeat(64)}`)),
  () => when(manifests, status(404)),
];

/** Lets faults come and go at the registries until the signal is aborted. There is never one for every request. */
export async function weather(registries: readonly FakeRegistry[], random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const fault = random.choose(faults)();
    using _ = random.choose(registries).wrap(sometimes(random, fault));
    await pause(random.between(300, 4000), signal);
  }
}

function sometimes(random: Random, fault: Fault): Fault {
  return async (request, next) => (random.number() < 0.6 ? await fault(request, next) : await next(request));
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
