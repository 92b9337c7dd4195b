import { isStowageError } from "@stowage/errors";
import { type RegistryHost, RegistryUnavailableError } from "@stowage/registry";
import type { Call, HostCall } from "./call.ts";
import { innerAddressFlaw } from "./inner-address.ts";
import { follow } from "./redirect.ts";
import { refusalOf } from "./refusal.ts";
import type { RegistryClient } from "./registry-client.ts";
import type { HttpAnswer } from "./transport.ts";

export interface ForeignAsking {
  /** Why the hosts do not have it. */
  readonly error: unknown;
  readonly urls: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A blob from where its descriptor says that it lies, if its registry does not have it: the first URL that answers. Whoever
 * wrote the descriptor chose these, so they get no credential, over https only (CVE-2020-15157).
 */
export async function askForeign(
  client: RegistryClient,
  call: Call,
  { error, urls, headers }: ForeignAsking,
): Promise<HttpAnswer> {
  if (!isStowageError(error, "not-found")) throw error;
  for (const text of urls) {
    const url = URL.parse(text);
    const isAskable = url !== null && mayBeAsked(client, url);
    const answer = isAskable ? await tryForeign(client, anonymous(call, url), { url, headers }) : undefined;
    if (answer !== undefined) return answer;
  }
  throw error;
}

function mayBeAsked({ settings }: RegistryClient, url: URL): boolean {
  const isSpoken = url.protocol === "https:" || (url.protocol === "http:" && settings.plainHttp(url.host));
  return isSpoken && innerAddressFlaw(url, publicHost) === undefined;
}

/** Stands for the registry in judging addresses: nothing inward is allowed. */
const publicHost = new URL("https://registry.invalid");

function anonymous(call: Call, url: URL): HostCall {
  const host: RegistryHost = { url: new URL(url.origin), path: "", role: "mirror", capabilities: new Set(["pull"]) };
  return { ...call, host, credential: undefined, actions: "pull" };
}

/** `undefined` where the next one may do better. */
async function tryForeign(
  { send }: RegistryClient,
  call: HostCall,
  request: { readonly url: URL; readonly headers: Readonly<Record<string, string>> },
): Promise<HttpAnswer | undefined> {
  try {
    const answer = await follow(send, call, request);
    if (answer.status === 200 || answer.status === 206) return answer;
    call.options.onEvent?.({ kind: "failed", host: request.url.host, reason: (await refusalOf(call, answer)).message });
  } catch (error) {
    if (!(error instanceof RegistryUnavailableError)) throw error;
  }
  return undefined;
}
