import { signalOf } from "./call.ts";
import type { HostPaces } from "./host-pace.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { type HttpAnswer, headerOf, type Send } from "./transport.ts";
import { asRegistryError } from "./transport-error.ts";

/** `send`, no faster than hosts like it. */
export function paced(send: Send, paces: HostPaces): Send {
  return async (call, request) => {
    const { host } = request.url;
    await paces.enter(host, signalOf(call)).catch((error: unknown) => {
      throw asRegistryError(error, call, host);
    });
    const answer = await send(call, request);
    heed(paces, answer);
    return answer;
  };
}

/** A host that is asked too much, or is not well, says so, and often when to come back. */
function heed(paces: HostPaces, answer: HttpAnswer): void {
  const { host } = answer.request.url;
  const told = headerOf(answer, "retry-after");
  const isComplaint = answer.status === 429 || (answer.status === 503 && told !== undefined);
  if (!isComplaint) paces.praise(host);
  else paces.complain(host, (told === undefined ? undefined : parseRetryAfter(told, Date.now())) ?? 0);
}
