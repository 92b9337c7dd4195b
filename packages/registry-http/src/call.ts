import type { RegistryOptions, Repository } from "@stowage/registry";

/** One call of the port, as everything below it needs to know it. */
export interface Call {
  /** Completes "Cannot …" in messages. */
  readonly action: string;
  readonly repository: Repository;
  readonly options: RegistryOptions;
  /** When small answers must be whole; blobs take as long as they take. */
  readonly deadline?: AbortSignal;
}

/** What ends a request of `call`: its caller, or its deadline. */
export function signalOf({ options, deadline }: Call): AbortSignal | undefined {
  const signals = [options.signal, deadline].filter((signal) => signal !== undefined);
  return signals.length < 2 ? signals[0] : AbortSignal.any(signals);
}
