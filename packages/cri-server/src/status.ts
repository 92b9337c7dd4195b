import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { registryUnavailable, statusCodes } from "@stowage/cri-api";
import { type AbortOptions, StowageError } from "@stowage/errors";
import { RegistryUnavailableError } from "@stowage/registry";
import { startCall } from "./call-events.ts";

/** The only place where an error becomes a gRPC status. What was not foreseen is `internal`, and not told. */
export function statusOf(error: unknown, signal: AbortSignal): ConnectError {
  if (signal.aborted && error === signal.reason) return endOf(signal);
  if (error instanceof RegistryUnavailableError)
    return new ConnectError(`${registryUnavailable}${error.message}`, Code.Unknown);
  if (error instanceof StowageError) return new ConnectError(error.message, statusCodes[error.code]);
  return new ConnectError("Internal error", Code.Internal, undefined, undefined, error);
}

/** A method that answers once: its errors become statuses, the client's leaving and deadline become its signal. */
export function unary<Request, Response>(
  work: (request: Request, options: Required<AbortOptions>) => Promise<Response>,
): (request: Request, context: HandlerContext) => Promise<Response> {
  return async (request, { method, signal }) => {
    const told = startCall(method.name);
    try {
      const response = await work(request, { signal });
      told.end();
      return response;
    } catch (error) {
      throw told.fail(statusOf(error, signal));
    }
  };
}

/** The same for a method that answers many times. */
export function streaming<Request, Response>(
  work: (request: Request, options: Required<AbortOptions>) => AsyncIterable<Response>,
): (request: Request, context: HandlerContext) => AsyncGenerator<Response, void, undefined> {
  return async function* (request, { method, signal }) {
    const told = startCall(method.name);
    try {
      yield* work(request, { signal });
      told.end();
    } catch (error) {
      throw told.fail(statusOf(error, signal));
    }
  };
}

function endOf({ reason }: AbortSignal): ConnectError {
  if (reason instanceof ConnectError && reason.code === Code.DeadlineExceeded) {
    return new ConnectError("The deadline of the call has passed", Code.DeadlineExceeded);
  }
  return new ConnectError("The call was canceled", Code.Canceled);
}
