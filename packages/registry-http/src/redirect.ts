import { RegistryUnavailableError } from "@stowage/registry";
import type { HostCall } from "./call.ts";
import { innerAddressFlaw } from "./inner-address.ts";
import { maxRedirects } from "./limits.ts";
import { type HttpAnswer, type HttpRequest, headerOf, type Send } from "./transport.ts";

/**
 * Sends a request and follows where it is sent on to (RFC 9110, section 15.4); what changes something only along 307 and
 * 308, which mean it. The Authorization goes to the registry's origin alone, also when a redirect comes back to it. Fails with `RegistryUnavailableError` after 10 redirects, and for one that
 * leads from https to http, to an inner address or to no URL.
 */
export async function follow(send: Send, call: HostCall, request: HttpRequest): Promise<HttpAnswer> {
  const { authorization, ...rest } = request;
  const statuses = isReading(request) ? readingStatuses : writingStatuses;
  let url = request.url;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const own = url.origin === call.host.url.origin;
    const answer = await send(call, { ...rest, url, authorization: own ? authorization : undefined });
    if (!statuses.has(answer.status)) return answer;
    answer.discard();
    url = nextUrl(call, answer);
  }
  throw refusal(call, url, `more than ${maxRedirects} redirects`);
}

const readingStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const writingStatuses: ReadonlySet<number> = new Set([307, 308]);

function isReading({ method = "GET" }: HttpRequest): boolean {
  return method === "GET" || method === "HEAD";
}

/** The target is not named in messages: it is often a signed URL, which is a secret. */
function nextUrl(call: HostCall, answer: HttpAnswer): URL {
  const { url } = answer.request;
  const location = headerOf(answer, "location");
  const next = location === undefined ? null : URL.parse(location, url);
  if (next === null || !["https:", "http:"].includes(next.protocol)) throw refusal(call, url, "it redirects to no URL");
  if (url.protocol === "https:" && next.protocol === "http:") {
    throw refusal(call, url, `it redirects from https to plain http at ${next.host}`);
  }
  const flaw = innerAddressFlaw(next, call.host.url);
  if (flaw !== undefined) throw refusal(call, url, `it redirects inward: ${flaw}`);
  return next;
}

function refusal(call: HostCall, { host }: URL, reason: string): RegistryUnavailableError {
  return new RegistryUnavailableError(call.action, [{ host, reason }]);
}
