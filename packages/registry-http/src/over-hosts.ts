import { StowageError } from "@stowage/errors";
import {
  type HostCapability,
  type HostFailure,
  RegistryError,
  type RegistryHost,
  RegistryUnavailableError,
} from "@stowage/registry";
import { backoffMilliseconds, pause } from "./backoff.ts";
import type { Call, PlacedCall } from "./call.ts";
import type { RegistryClient } from "./registry-client.ts";

export interface Asking<Result> {
  readonly capability: HostCapability;
  /** Whether a plan of a moment ago will do. */
  readonly recent?: boolean | undefined;
  /** By `host[:port]`, hosts that are not asked any more: what they said was wrong. */
  readonly struck?: ReadonlyMap<string, StowageError> | undefined;
  /** Asks one host. */
  readonly ask: (call: PlacedCall) => Promise<Result>;
}

/**
 * Asks the hosts of a repository in order until one answers. Those that failed for the moment are asked again, in rounds
 * with growing waits in between; what is said for good (401, 403, 404, bytes that are not what was named) is never asked
 * for again, and where the repository's own host says it, it stands. A failure names every host that was asked.
 */
export async function overHosts<Result>(
  client: RegistryClient,
  call: Call,
  { ask, struck = new Map(), ...planning }: Asking<Result>,
): Promise<Result> {
  const hosts = await planHosts(client, call, planning);
  const failures = new Map(hosts.flatMap((host) => pairsOf(host, struck.get(host.url.host))));
  for (let round = 1; ; round += 1) {
    const latest = new Map<RegistryHost, StowageError>();
    for (const host of inOrder(client, hosts)) {
      if (!isPassing(failures.get(host))) continue;
      try {
        const result = await ask({ ...call, host });
        report(call, latest, undefined);
        return result;
      } catch (error) {
        const failure = failureOf(call, error);
        latest.set(host, failure);
        failures.set(host, failure);
      }
    }
    const wait = nextWait(client, hosts, { round, failures, struck });
    report(call, latest, wait);
    if (wait === undefined) throw combined(call, hosts, failures);
    await pause(wait, call.options.signal);
  }
}

async function planHosts(
  client: RegistryClient,
  call: Call,
  { capability, recent }: Pick<Asking<unknown>, "capability" | "recent">,
): Promise<readonly RegistryHost[]> {
  const { repository, options } = call;
  const all = await client.hosts.plan(repository, { signal: options.signal, recent });
  const hosts = all.filter(({ capabilities }) => capabilities.has(capability));
  if (hosts.length > 0) return hosts;
  throw new StowageError(
    "failed-precondition",
    `Cannot ${call.action}: none of the hosts of ${repository.domain} may be asked for it (${capability})`,
  );
}

function pairsOf(
  host: RegistryHost,
  failure: StowageError | undefined,
): readonly (readonly [RegistryHost, StowageError])[] {
  return failure === undefined ? [] : [[host, failure]];
}

/** Hosts that are likely to answer before those that lately did not, or that ask to be left alone. */
function inOrder({ paces, shunned }: RegistryClient, hosts: readonly RegistryHost[]): readonly RegistryHost[] {
  const isLate = ({ url }: RegistryHost): boolean => shunned.has(url.host) || paces.heldFor(url.host) > 0;
  return [...hosts.filter((host) => !isLate(host)), ...hosts.filter(isLate)];
}

/** Whether to ask again: nothing was said yet, or nothing for good. */
function isPassing(failure: StowageError | undefined): boolean {
  return failure === undefined || failure instanceof RegistryUnavailableError;
}

/** A bug, and the reason of a caller who left, are not the host's failures. */
function failureOf({ options: { signal } }: Call, error: unknown): StowageError {
  signal?.throwIfAborted();
  if (!(error instanceof StowageError)) throw error;
  return error;
}

interface Outcome {
  readonly round: number;
  readonly failures: ReadonlyMap<RegistryHost, StowageError>;
  readonly struck: ReadonlyMap<string, StowageError>;
}

/** Milliseconds until the next round; `undefined` where there is none. */
function nextWait(
  { settings: { retries }, paces }: RegistryClient,
  hosts: readonly RegistryHost[],
  { round, failures, struck }: Outcome,
): number | undefined {
  const isDecided = hosts.some(
    (host) => host.role === "origin" && !struck.has(host.url.host) && !isPassing(failures.get(host)),
  );
  const passing = hosts.filter((host) => isPassing(failures.get(host)));
  if (isDecided || passing.length === 0 || round >= retries.rounds) return undefined;
  const asked = (host: RegistryHost): number =>
    Math.max(...tellingOf(host, failures.get(host)).map((failure) => paces.askedFor(failure.host)));
  const held = Math.min(...passing.map(asked));
  if (held > retries.maxMilliseconds) return undefined;
  return held + backoffMilliseconds(retries, round);
}

function report({ options: { onEvent } }: Call, failures: Outcome["failures"], wait: number | undefined): void {
  for (const [host, error] of failures) {
    const retryMilliseconds = wait !== undefined && isPassing(error) ? { retryMilliseconds: Math.round(wait) } : {};
    for (const { reason } of tellingOf(host, error)) {
      onEvent?.({ kind: "failed", host: host.url.host, reason, ...retryMilliseconds });
    }
  }
}

/** One error for all hosts; a single host's own is left as it is. */
function combined(call: Call, hosts: readonly RegistryHost[], failures: Outcome["failures"]): StowageError {
  const told = hosts.flatMap((host) => {
    const error = failures.get(host);
    return error === undefined ? [] : [{ host, error }];
  });
  const last = told.findLast(({ host }) => host.role === "origin") ?? told.at(-1);
  if (last === undefined) throw new Error("a round without a failure has a result");
  if (told.length === 1) return last.error;
  const reasons = told.flatMap(({ host, error }) => tellingOf(host, error));
  const { code } = last.error;
  return code === "unavailable"
    ? new RegistryUnavailableError(call.action, reasons, { cause: last.error })
    : new RegistryError({ code, action: call.action, failures: reasons }, { cause: last.error });
}

function tellingOf(host: RegistryHost, error: StowageError | undefined): readonly HostFailure[] {
  return error instanceof RegistryError
    ? error.failures
    : [{ host: host.url.host, reason: error?.message ?? "it was not asked" }];
}
