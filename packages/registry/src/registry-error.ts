import { StowageError } from "@stowage/errors";

/** One host that was asked, and what came of it: a status and the registry's words, or why there was none. */
export interface HostFailure {
  readonly host: string;
  readonly reason: string;
}

/** The registry did not answer, or not as a registry does: connect, DNS, TLS, 5xx, 429. The mark by which a kubelet backs off. */
export class RegistryUnavailableError extends StowageError {
  readonly failures: readonly HostFailure[];

  constructor(action: string, failures: readonly HostFailure[], options?: ErrorOptions) {
    const told = failures.map(({ host, reason }) => `${host}: ${reason}`).join("; ");
    super("unavailable", `Cannot ${action}: ${told}`, options);
    this.failures = failures;
  }
}
