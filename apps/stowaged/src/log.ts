import { type CallTrace, callChannel } from "@stowage/cri-server";
import { isStowageError } from "@stowage/errors";
import { destination, type Logger, pino } from "pino";
import { describeError } from "./describe-error.ts";
import { type Ending, observe } from "./observe.ts";
import { type RequestTrace, requestChannel } from "./request-trace.ts";

/**
 * The daemon's log: JSON lines on stderr, one for each call that changed something or failed, and one for each request that
 * a registry did not answer or refused for the moment, also where the call came through by another try or another host. Its
 * `level` can be set at any time.
 */
export function startLog({ level = "info" }: { readonly level?: string } = {}): Logger {
  const log = pino({ base: null, level, serializers: { err: describeError } }, destination({ fd: 2, sync: true }));
  observe<CallTrace>(callChannel, { onEnd: (trace, ending) => tell(log, trace, ending) });
  observe<RequestTrace>(requestChannel, { onEnd: (trace, { error }) => tellRequest(log, trace, error) });
  return log;
}

/** Calls that only ask come by the thousand, and a pull has a line of its own. */
const quiet =
  /^(?:List|Stream|Find|Get|View|ReadConfig|ImageStatus|ImageFsInfo|Version|Status|RuntimeConfig|Info|Watch|Pull)|^grpc\./;

function tell(log: Logger, { service, method, status, message, cause }: CallTrace, { seconds }: Ending): void {
  const fields = { method, status, milliseconds: Math.round(seconds * 1000) };
  const isQuiet = quiet.test(method) || quiet.test(service);
  if (status === "OK") log[isQuiet ? "debug" : "info"](fields, "call");
  else if (status === "Internal") log.error({ ...fields, err: cause }, message);
  else if (isWatch(method) && status === "Canceled") log.debug(fields, message);
  else log.warn(fields, message);
}

/** These go on until their client leaves. */
function isWatch(method: string): boolean {
  return method === "Watch" || method === "ServerReflectionInfo";
}

/** A challenge, a refusal for good and a caller who left are the call's own, and are told with it. */
function tellRequest(log: Logger, { host, method, action, status }: RequestTrace, error: unknown): void {
  const fields = { host, method, action, status };
  if (status === 429 || (status !== undefined && status >= 500)) log.warn(fields, `${host} answers ${status}`);
  else if (isStowageError(error, "unavailable")) log.warn(fields, error.message);
}
