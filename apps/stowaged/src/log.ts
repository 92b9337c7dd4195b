import { subscribe } from "node:diagnostics_channel";
import { type CallEvent, callChannel } from "@stowage/cri-server";
import { isStowageError } from "@stowage/errors";
import { destination, type Logger, pino } from "pino";

/**
 * The daemon's log: JSON lines on stderr, one for each call that changed something or failed, and one for each request that
 * a registry did not answer or refused for the moment, also where the call came through by another try or another host.
 */
export function startLog(): Logger {
  const log = pino({ base: null }, destination({ fd: 2, sync: true }));
  subscribe(callChannel, (event) => {
    if (isCallEvent(event)) tell(log, event);
  });
  subscribe(requestEndChannel, (event) => {
    if (isRequestEvent(event)) tellRequest(log, event);
  });
  return log;
}

/** Calls that only ask come by the thousand. */
const quiet = /^(?:List|Stream|Find|View|ReadConfig|ImageStatus|ImageFsInfo|Version|Status|RuntimeConfig)/;

function tell(log: Logger, { method, milliseconds, status, message, cause }: CallEvent): void {
  const fields = { method, status, milliseconds: Math.round(milliseconds) };
  if (status === "OK" && quiet.test(method)) log.debug(fields, "call");
  else if (status === "OK") log.info(fields, "call");
  else if (status === "Internal") log.error({ ...fields, err: cause }, message);
  else log.warn(fields, message);
}

function isCallEvent(event: unknown): event is CallEvent {
  return typeof event === "object" && event !== null && "method" in event && "status" in event;
}

/** Where `@stowage/registry-http` tells that the head of an answer is there, or that none came. */
const requestEndChannel = "tracing:stowage.registry.request:asyncEnd";

/** Its path is not told: it may be a signed URL, which is a secret. */
interface RequestEvent {
  /** `host[:port]` */
  readonly host: string;
  readonly method: string;
  /** Completes "Cannot …". */
  readonly action: string;
  readonly status?: number;
  readonly error?: unknown;
}

/** A challenge, a refusal for good and a caller who left are the call's own, and are told with it. */
function tellRequest(log: Logger, { host, method, action, status, error }: RequestEvent): void {
  const fields = { host, method, action, status };
  if (status === 429 || (status !== undefined && status >= 500)) log.warn(fields, `${host} answers ${status}`);
  else if (isStowageError(error, "unavailable")) log.warn(fields, error.message);
}

function isRequestEvent(event: unknown): event is RequestEvent {
  return typeof event === "object" && event !== null && "host" in event && "method" in event && "action" in event;
}
