import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { AdmissionRefusedError } from "@stowage/admission";
import { registryUnavailable, signatureValidationFailed, statusCodes } from "@stowage/cri-api";
import { StowageError } from "@stowage/errors";
import { RegistryUnavailableError } from "@stowage/registry";
import { type StartedCall, startCall } from "./call-trace.ts";

/** The only place where an error becomes a gRPC status. What was not foreseen is `internal`, and not told. */
export function statusOf(error: unknown, signal: AbortSignal): ConnectError {
  if (signal.aborted && error === signal.reason) return endOf(signal);
  if (error instanceof RegistryUnavailableError)
    return new ConnectError(fitting(`${registryUnavailable}${error.message}`), Code.Unknown);
  if (error instanceof AdmissionRefusedError)
    return new ConnectError(fitting(`${signatureValidationFailed}${error.message}`), Code.Unknown);
  if (error instanceof StowageError) return new ConnectError(fitting(error.message), statusCodes[error.code]);
  return new ConnectError("Internal error", Code.Internal, undefined, undefined, error);
}

export interface CallOptions {
  /** Aborts when the client leaves, at the call's deadline, and at the end of the server. */
  readonly signal: AbortSignal;
}

/** A method that answers once: its errors become statuses, the client's leaving and deadline become its signal. */
export function unary<Request, Response>(
  work: (request: Request, options: CallOptions) => Promise<Response>,
): (request: Request, context: HandlerContext) => Promise<Response> {
  return async (request, context) => {
    const { signal } = context;
    const told = startCall(context);
    try {
      const response = await told.run(() => work(request, { signal }));
      told.end();
      return response;
    } catch (error) {
      const failure = statusOf(error, signal);
      told.end(failure);
      throw failure;
    }
  };
}

/** The same for a method that answers many times. */
export function streaming<Request, Response>(
  work: (request: Request, options: CallOptions) => AsyncIterable<Response>,
): (request: Request, context: HandlerContext) => AsyncGenerator<Response, void, undefined> {
  return async function* (request, context) {
    const { signal } = context;
    const told = startCall(context);
    let failure: ConnectError | undefined = canceled(); // which holds if the client leaves at a `yield`
    try {
      yield* within(told, work(request, { signal }));
      failure = undefined;
    } catch (error) {
      failure = statusOf(error, signal);
      throw failure;
    } finally {
      told.end(failure);
    }
  };
}

/** A generator runs as part of whoever asks it for the next. */
async function* within<Item>(told: StartedCall, items: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await told.run(() => iterator.next());
      isOver = done === true;
      if (done === true) return;
      yield value;
    }
  } catch (error) {
    isOver = true;
    throw error;
  } finally {
    if (!isOver) await told.run(() => iterator.return?.());
  }
}

function endOf({ reason }: AbortSignal): ConnectError {
  if (reason instanceof ConnectError && reason.code === Code.DeadlineExceeded) {
    return new ConnectError("The deadline of the call has passed", Code.DeadlineExceeded);
  }
  return canceled();
}

function canceled(): ConnectError {
  return new ConnectError("The call was canceled", Code.Canceled);
}

/** Bytes of a message. It is sent in a trailer, percent-encoded into up to thrice as many, and must fit one HTTP/2 frame. */
const maxMessageBytes = 4 * 1024;

/** The last guard of connections and terminals, for what was not kept short and in one line where it was written. */
function fitting(message: string): string {
  const line = message.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
  const { read } = new TextEncoder().encodeInto(line, new Uint8Array(maxMessageBytes));
  return line.slice(0, read);
}
