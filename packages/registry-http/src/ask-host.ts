import type { Credential } from "@stowage/auth";
import { isOwnHost } from "@stowage/hosts";
import { type RegistryHost, RegistryUnavailableError } from "@stowage/registry";
import type { HostCall, PlacedCall } from "./call.ts";
import { follow } from "./redirect.ts";
import { refusalOf } from "./refusal.ts";
import type { RegistryClient } from "./registry-client.ts";
import type { HttpAnswer, HttpRequest } from "./transport.ts";
import { speaksNoTls } from "./transport-error.ts";

/** What to ask a host for, below `/v2/<repository>/`. */
export interface Wanted extends Omit<HttpRequest, "url" | "authorization"> {
  readonly path: string;
  /** Where the call was sent on to before: asked there first, and here where that does not answer any more. */
  readonly known?: URL | undefined;
  readonly actions?: HostCall["actions"] | undefined;
  readonly mountFrom?: string | undefined;
  /** What is an answer; every other status is thrown as `refusalOf` has it. */
  readonly statuses: readonly number[];
  /** How long the whole of the answer may take; a blob takes as long as it takes. */
  readonly milliseconds?: number | undefined;
}

/** One answer of one host, or of where it sends its clients on to. */
export async function askHost(client: RegistryClient, call: PlacedCall, wanted: Wanted): Promise<HttpAnswer> {
  return await askSchemes(client, await hostCalls(client, call, wanted), wanted);
}

/** The call under each scheme that its host may speak, first choice first; once it answered, there is one. */
export async function hostCalls(
  client: RegistryClient,
  call: PlacedCall,
  { actions = "pull", mountFrom }: Pick<Wanted, "actions" | "mountFrom">,
): Promise<readonly HostCall[]> {
  const candidates = client.schemes.candidates(call.host, call);
  const credential = await findCredential(client, call);
  return candidates.map((host) => ({ ...call, host, credential, actions, mountFrom }));
}

/** The caller's own credential is for the repository's own host. Every other host has what the keychain has for it. */
async function findCredential(
  { keychain }: RegistryClient,
  { repository, options, host }: PlacedCall,
): Promise<Credential | undefined> {
  const { credential, signal } = options;
  const isOwn = isOwnHost(host, repository);
  if (isOwn && credential !== undefined) return credential;
  const scope = isOwn ? repository : { domain: host.url.host, path: host.path };
  return await (options.keychain ?? keychain)?.find({ domain: scope.domain, path: scope.path }, { signal });
}

/** Asks over the first scheme, and over the next where that is not spoken. */
async function askSchemes(
  client: RegistryClient,
  [first, ...others]: readonly HostCall[],
  wanted: Wanted,
): Promise<HttpAnswer> {
  if (first === undefined) throw new Error("Every host speaks something");
  try {
    const answer = await askOnce(client, first, wanted);
    client.schemes.remember(first.host);
    return answer;
  } catch (error) {
    if (error instanceof RegistryUnavailableError) client.schemes.forget(first.host);
    if (others.length === 0 || !speaksNoTls(error, first.host.url)) throw error;
    return await askSchemes(client, others, wanted);
  }
}

async function askOnce(client: RegistryClient, call: HostCall, wanted: Wanted): Promise<HttpAnswer> {
  const { milliseconds } = wanted;
  const deadline = milliseconds === undefined ? undefined : AbortSignal.timeout(milliseconds);
  const timed = { ...call, deadline };
  const { host } = call.host.url;
  try {
    const answer = await askAuthorized(client, timed, wanted);
    if (!wanted.statuses.includes(answer.status)) throw await refusalOf(timed, answer);
    client.shunned.forgive(host);
    return answer;
  } catch (error) {
    if (error instanceof RegistryUnavailableError && call.host.role === "mirror") client.shunned.shun(host);
    throw error;
  }
}

/** With what was good the last time; once more with a new one where that is refused. */
async function askAuthorized(client: RegistryClient, call: HostCall, wanted: Wanted): Promise<HttpAnswer> {
  const { send, authorizer } = client;
  const { known, path, method = "GET", headers = {}, body, pool } = wanted;
  const request = { method, headers, pool, ...(body === undefined ? {} : { body }) };
  const sentOn = known === undefined ? undefined : await askElsewhere(client, call, { ...request, url: known });
  if (sentOn !== undefined && wanted.statuses.includes(sentOn.status)) return sentOn;
  sentOn?.discard();
  const url = urlOf(call.host, path);
  const authorization = authorizer.find(call);
  const answer = await follow(send, call, { ...request, url, authorization });
  if (!authorizer.mayRenew(call, answer)) return answer;
  answer.discard();
  const renewed = await authorizer.renew(call, answer);
  return await follow(send, call, { ...request, url, authorization: renewed });
}

/** Asks where an earlier request was sent on to. What goes wrong there is no news: the host will send it on anew. */
async function askElsewhere(
  { send }: RegistryClient,
  call: HostCall,
  request: HttpRequest,
): Promise<HttpAnswer | undefined> {
  if (request.url.origin === call.host.url.origin) return undefined;
  try {
    return await send(call, request);
  } catch (error) {
    if (error instanceof RegistryUnavailableError) return undefined;
    throw error;
  }
}

function urlOf({ url, path, namespace }: RegistryHost, below: string): URL {
  const repository = path === "" ? "" : `${path}/`;
  const target = new URL(`${url.pathname.replace(/\/$/, "")}/${repository}${below}`, url);
  if (namespace !== undefined) target.searchParams.set("ns", namespace);
  return target;
}
