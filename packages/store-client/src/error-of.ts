import { ConnectError } from "@connectrpc/connect";
import { registryUnavailable, statusCodes } from "@stowage/cri-api";
import { type ErrorCode, StowageError } from "@stowage/errors";

const codes: readonly ErrorCode[] = [
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
];

/** The error that the daemon had, from the status it sent. What is no status is passed on as it came. */
export function errorOf(error: unknown): unknown {
  if (!(error instanceof ConnectError)) return error;
  const { rawMessage } = error;
  if (rawMessage.startsWith(registryUnavailable)) {
    return new StowageError("unavailable", rawMessage.slice(registryUnavailable.length), { cause: error });
  }
  const code = codes.find((known) => statusCodes[known] === error.code) ?? "internal";
  return new StowageError(code, rawMessage, { cause: error });
}
