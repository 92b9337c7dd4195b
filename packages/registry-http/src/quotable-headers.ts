import type { IncomingHttpHeaders } from "node:http";
import type { HostCall } from "./call.ts";
import { secretTexts } from "./registry-words.ts";
import type { HttpRequest } from "./transport.ts";

/**
 * The headers of an answer, without what the host was told in those that messages quote: it may say anything back. Short
 * secrets are left, for they may be in honest headers.
 */
export function quotableHeaders(
  headers: IncomingHttpHeaders,
  { credential, host }: HostCall,
  { authorization }: HttpRequest,
): IncomingHttpHeaders {
  const configured = Object.values(host.headers ?? {}).flat();
  const secrets = secretTexts(credential, authorization, configured).filter((text) => text.length >= leastLength);
  const struck = quotedNames.filter((name) => secrets.some((secret) => String(headers[name] ?? "").includes(secret)));
  return struck.length === 0
    ? headers
    : { ...headers, ...Object.fromEntries(struck.map((name) => [name, "[secret]"])) };
}

const quotedNames = ["content-encoding", "content-range", "content-type", "docker-content-digest"] as const;

/** No media type, coding, range or digest has so long a password in it by chance. */
const leastLength = 16;
