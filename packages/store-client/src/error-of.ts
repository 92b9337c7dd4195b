import { Code, ConnectError } from "@connectrpc/connect";
import { codeOfStatus, registryUnavailable, signatureValidationFailed } from "@stowage/cri-api";
import { type ErrorCode, isErrno, StowageError } from "@stowage/errors";

/** What a socket says of a daemon that is not there, that went away, or that is not for everybody. */
const socketErrors: Readonly<Record<string, ErrorCode>> = {
  ENOENT: "unavailable",
  ECONNREFUSED: "unavailable",
  ECONNRESET: "unavailable",
  EPIPE: "unavailable",
  EACCES: "permission-denied",
};

/**
 * The error that the daemon had, from the status it sent, or why it sent none. The caller's own leaving is no matter
 * of this: what is canceled here, the daemon has ended. What is no status is passed on as it came.
 */
export function errorOf(error: unknown): unknown {
  if (!(error instanceof ConnectError)) return error;
  const { rawMessage, cause } = error;
  if (rawMessage.startsWith(registryUnavailable)) {
    return new StowageError("unavailable", rawMessage.slice(registryUnavailable.length), { cause: error });
  }
  if (rawMessage.startsWith(signatureValidationFailed)) {
    return new StowageError("permission-denied", rawMessage.slice(signatureValidationFailed.length), { cause: error });
  }
  if (error.code === Code.Canceled) {
    return new StowageError("unavailable", `Cannot call the daemon: it ended the call (${rawMessage})`, {
      cause: error,
    });
  }
  for (const [errno, code] of Object.entries(socketErrors)) {
    if (!isErrno(cause, errno)) continue;
    return new StowageError(code, `Cannot call the daemon: ${rawMessage}`, { cause: error });
  }
  return new StowageError(codeOfStatus(error.code), rawMessage, { cause: error });
}
