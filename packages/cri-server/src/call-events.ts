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
  end(): void;
  /** Tells of the failure and returns it, to be thrown. */
  fail(status: ConnectError): ConnectError;
}

export function startCall(method: string): StartedCall {
  const started = performance.now();
  const publish = (event: Pick<CallEvent, "status" | "message" | "cause">): void => {
    calls.publish({ method, milliseconds: performance.now() - started, ...event } satisfies CallEvent);
  };
  return {
    end: () => publish({ status: "OK" }),
    fail: (status) => {
      publish({ status: Code[status.code], message: status.rawMessage, cause: status.cause });
      return status;
    },
  };
}

const calls = channel(callChannel);
