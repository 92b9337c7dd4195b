import type { Credential } from "@stowage/auth";
import type { RegistryHost, RegistryOptions, Repository } from "@stowage/registry";

/** One call of the port, as everything below it needs to know it. */
export interface Call {
  /** Completes "Cannot …" in messages. */
  readonly action: string;
  readonly repository: Repository;
  readonly options: RegistryOptions;
}

/** A call as it is made to one host. */
export interface PlacedCall extends Call {
  readonly host: RegistryHost;
}

/** With the credential that is for that host. */
export interface HostCall extends PlacedCall {
  readonly credential: Credential | undefined;
  /** What the call may do there, as a token's scope has it. */
  readonly actions: "pull" | "pull,push" | "delete";
  /** Another repository of the host that a blob is to be taken from: a token has to be good for it too. */
  readonly mountFrom?: string | undefined;
  /** When a small answer must be whole; blobs take as long as they take. */
  readonly deadline?: AbortSignal | undefined;
}

/** What ends a request of `call`: its caller, or its deadline. */
export function signalOf({ options, deadline }: HostCall): AbortSignal | undefined {
  const signals = [options.signal, deadline].filter((signal) => signal !== undefined);
  return signals.length < 2 ? signals[0] : AbortSignal.any(signals);
}
