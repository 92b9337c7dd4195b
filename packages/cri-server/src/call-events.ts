import { channel } from "node:diagnostics_channel";
import { Code, type ConnectError } from "@connectrpc/connect";

/** The name of the diagnostics channel on which every call is told when it has ended. */
export const callChannel = "stowage.cri.call";

/** A call that has ended. */
export interface CallEvent {
  /** As the .proto spells it: `PullImage`. */
  readonly method: string;
  readonly milliseconds: number;
  /** The status in gRPC's words, `OK` or, say, `NotFound`. */
  readonly status: string;
  readonly message?: string | undefined;
  /** The error behind the status `Internal`, which the client is not told. */
  readonly cause?: unknown;
}

export interface StartedCall {
  /** Tells how it went: well, or with what status. */
  end(failure?: ConnectError): void;
}

export function startCall(method: string): StartedCall {
  const started = performance.now();
  return {
    end(failure) {
      const milliseconds = performance.now() - started;
      calls.publish({ method, milliseconds, ...describeEnd(failure) } satisfies CallEvent);
    },
  };
}

function describeEnd(failure: ConnectError | undefined): Pick<CallEvent, "status" | "message" | "cause"> {
  if (failure === undefined) return { status: "OK" };
  return { status: Code[failure.code], message: failure.rawMessage, cause: failure.cause };
}

const calls = channel(callChannel);
