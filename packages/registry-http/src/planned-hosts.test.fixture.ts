import type { Hosts, RegistryHost } from "@stowage/registry";
import type { HttpRegistryOptions } from "./index.ts";

/** The domain for which `planOf` plans. */
export const domain = "registry.example";

/** A host by its origin, such as a fake registry that is running, and what is configured for it. */
export interface Planned extends Pick<RegistryHost, "headers" | "trust" | "namespace" | "orPlainHttp"> {
  readonly origin: string;
}

/** Hosts in order: the last is the origin, those before it are its mirrors. */
export function planOf(...hosts: readonly Planned[]): Hosts {
  return {
    plan: async ({ path }) =>
      hosts.map(({ origin, headers, trust, namespace, orPlainHttp }, at) => ({
        url: new URL(`${origin}/v2`),
        path,
        role: at === hosts.length - 1 ? "origin" : "mirror",
        capabilities: new Set(["pull", "resolve"]),
        headers,
        trust,
        namespace,
        orPlainHttp,
      })),
  };
}

/** Failures come quickly: waits and chunks are short, and what is slow is too slow sooner than elsewhere; a busy machine is not. */
export const hasty: HttpRegistryOptions & {
  readonly chunks: { readonly bytes: number; readonly width: number; readonly fastBytesPerSecond: number };
} = {
  retries: { rounds: 2, firstMilliseconds: 1 },
  chunks: { bytes: 64 * 1024, width: 4, fastBytesPerSecond: Number.POSITIVE_INFINITY },
  timeouts: { connect: 4000, headers: 1000, body: 1000, document: 4000 },
  leastRate: { bytesPerSecond: 100_000, windowMilliseconds: 400 },
};
