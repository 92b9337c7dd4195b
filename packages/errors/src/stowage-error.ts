/** What kind of failure it is, in gRPC's words. Cancellation has none: it is `signal.reason`, passed on. */
export type ErrorCode =
  | "invalid-argument"
  | "not-found"
  | "already-exists"
  | "permission-denied"
  | "unauthenticated"
  | "resource-exhausted"
  | "failed-precondition"
  | "deadline-exceeded"
  | "unavailable"
  | "data-loss"
  | "internal";

/** An error a caller may act on: `Cannot <verb> <thing>: <what is so>`. Bugs stay plain `Error`. */
export class StowageError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

export function isStowageError(error: unknown, code: ErrorCode): error is StowageError {
  return error instanceof StowageError && error.code === code;
}
