/** The last argument of whatever waits. When `signal` aborts, the call fails with `signal.reason`, untouched. */
export interface AbortOptions {
  readonly signal?: AbortSignal | undefined;
}
