import { subscribe } from "node:diagnostics_channel";
import { type CallEvent, callChannel } from "@stowage/cri-server";
import { destination, type Logger, pino } from "pino";

/** The daemon's log: JSON lines on stderr, one for each call that changed something or failed. */
export function startLog(): Logger {
  const log = pino({ base: null }, destination({ fd: 2, sync: true }));
  subscribe(callChannel, (event) => {
    if (isCallEvent(event)) tell(log, event);
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
