import type { ErrorCode } from "@stowage/errors";

const errorCodes = [
  "invalid-argument",
  "not-found",
  "already-exists",
  "permission-denied",
  "unauthenticated",
  "resource-exhausted",
  "failed-precondition",
  "deadline-exceeded",
  "unavailable",
  "data-loss",
] as const satisfies readonly ErrorCode[];

/** The number that each kind of error has on the wire (grpc.io/docs/guides/status-codes). */
export const statusCodes: Readonly<Record<ErrorCode, number>> = {
  "invalid-argument": 3,
  "deadline-exceeded": 4,
  "not-found": 5,
  "already-exists": 6,
  "permission-denied": 7,
  "resource-exhausted": 8,
  "failed-precondition": 9,
  internal: 13,
  unavailable: 14,
  "data-loss": 15,
  unauthenticated: 16,
};

/** The kind of error that a number stands for; `internal` for one that stands for none. */
export function codeOfStatus(status: number): ErrorCode {
  return errorCodes.find((code) => statusCodes[code] === status) ?? "internal";
}

/** Where the kubelet looks for this text, it must stand first, and it does so only under the code Unknown. */
export const registryUnavailable = "RegistryUnavailable: ";

/** The same for an image that a policy refused. */
export const signatureValidationFailed = "SignatureValidationFailed: ";
