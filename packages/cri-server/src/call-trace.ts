import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";
import { Code, type ConnectError, type HandlerContext } from "@connectrpc/connect";

/** The name of the tracing channel on which every call is told: that it begins, and how it ended. */
export const callChannel = "stowage.cri.call";

/** A call. How it went is known at its end. */
export interface CallTrace {
  /** The full name of its service: `runtime.v1.ImageService`. */
  readonly service: string;
  /** As the .proto spells it: `PullImage`. */
  readonly method: string;
  /** What the client says that the call is part of, as it came (www.w3.org/TR/trace-context). */
  readonly traceparent?: string | undefined;
  /** The status in gRPC's words, `OK` or, say, `NotFound`. */
  status?: string;
  message?: string | undefined;
  /** The error behind the status `Internal`, which the client is not told. */
  cause?: unknown;
}

export interface StartedCall {
  /** Runs a part of the call as such: what is traced in it is within the call. */
  run<Result>(work: () => Result): Result;
  /** Tells how it went: well, or with what status. */
  end(failure?: ConnectError): void;
}

export function startCall(context: Pick<HandlerContext, "service" | "method" | "requestHeader">): StartedCall {
  const { service, method, requestHeader } = context;
  const traceparent = requestHeader.get("traceparent") ?? undefined;
  const trace: CallTrace = { service: service.typeName, method: method.name, traceparent };
  const run = calls.start.runStores(trace, () => AsyncLocalStorage.snapshot());
  calls.end.publish(trace);
  return {
    run,
    end(failure) {
      Object.assign(trace, describeEnd(failure));
      calls.asyncStart.publish(trace);
      calls.asyncEnd.publish(trace);
    },
  };
}

function describeEnd(failure: ConnectError | undefined): Pick<CallTrace, "message" | "cause"> & { status: string } {
  if (failure === undefined) return { status: "OK" };
  return { status: Code[failure.code], message: failure.rawMessage, cause: failure.cause };
}

const calls = tracingChannel<CallTrace>(callChannel);
