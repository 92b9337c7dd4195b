import { type ErrorCode, StowageError } from "@stowage/errors";

/** One host that was asked, and what came of it: a status and the registry's words, or why there was none. */
export interface HostFailure {
  /** `host[:port]`. */
  readonly host: string;
  /** The status of its answer, where there was one. */
  readonly status?: number | undefined;
  /** What it did, beginning with "it" or another subject. */
  readonly reason: string;
}

export interface RegistryFailure {
  readonly code: ErrorCode;
  /** Completes "Cannot …". */
  readonly action: string;
  readonly failures: readonly HostFailure[];
}

/** What came of asking every host for something; `code` is that of the last one, the repository's own where it was asked. */
export class RegistryError extends StowageError {
  readonly failures: readonly HostFailure[];

  constructor({ code, action, failures }: RegistryFailure, options?: ErrorOptions) {
    const told = failures.map(({ host, reason }) => `${host}: ${reason}`).join("; ");
    super(code, `Cannot ${action}: ${told}`, options);
    this.failures = failures;
  }
}

/** The registry did not answer, or not as a registry does: connect, DNS, TLS, 5xx, 429. The mark by which a kubelet backs off. */
export class RegistryUnavailableError extends RegistryError {
  constructor(action: string, failures: readonly HostFailure[], options?: ErrorOptions) {
    super({ code: "unavailable", action, failures }, options);
  }
}
