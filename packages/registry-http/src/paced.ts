import { RegistryUnavailableError } from "@stowage/registry";
import { type HostCall, signalOf } from "./call.ts";
import type { HostPaces } from "./host-pace.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { type HttpAnswer, headerOf, type Send } from "./transport.ts";
import { asRegistryError } from "./transport-error.ts";

/**
 * `send`, no faster than hosts like it. Where a host asks to be left alone for longer than `maxMilliseconds`, it is, and the
 * call fails.
 */
export function paced(send: Send, paces: HostPaces, { maxMilliseconds }: { readonly maxMilliseconds: number }): Send {
  return async (call, request) => {
    const { host } = request.url;
    refuseLongWait(call, host, { held: paces.heldFor(host), maxMilliseconds });
    await paces.enter(host, signalOf(call)).catch((error: unknown) => {
      throw asRegistryError(error, call, host);
    });
    const answer = await send(call, request);
    heed(paces, answer);
    return answer;
  };
}

function refuseLongWait(
  { action }: HostCall,
  host: string,
  { held, maxMilliseconds }: { readonly held: number; readonly maxMilliseconds: number },
): void {
  if (held <= maxMilliseconds) return;
  const reason = `it asks to be left alone for another ${Math.ceil(held / 1000)} seconds`;
  throw new RegistryUnavailableError(action, [{ host, reason }]);
}

/** A host that is asked too much, or is not well, says so, and often when to come back. */
function heed(paces: HostPaces, answer: HttpAnswer): void {
  const { host } = answer.request.url;
  const told = headerOf(answer, "retry-after");
  const isComplaint = answer.status === 429 || (answer.status === 503 && told !== undefined);
  if (!isComplaint) paces.praise(host);
  else paces.complain(host, (told === undefined ? undefined : parseRetryAfter(told, Date.now())) ?? 0);
}
