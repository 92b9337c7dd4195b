import { type Credential, Secret } from "@stowage/auth";
import { RegistryError, RegistryUnavailableError } from "@stowage/registry";
import type { HostCall } from "./call.ts";
import { defaultTokenSeconds, maxTokenBytes } from "./limits.ts";
import { describeAnswer, readWords } from "./refusal.ts";
import { parseObject } from "./registry-words.ts";
import { type HttpAnswer, type HttpRequest, readAtMost, type Send } from "./transport.ts";

/** What a token is asked for, as the challenge said. */
export interface TokenDemand {
  readonly url: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
}

export interface BearerToken {
  readonly text: Secret;
  /** From the moment it was received. */
  readonly lifeSeconds: number;
}

/** Those who may buy a token; a registry token is one already. */
export type TokenBuyer = Exclude<Credential, { readonly kind: "registry-token" }> | undefined;

/**
 * Asks a token server for a bearer token (distribution, `spec/auth/token.md` and `oauth.md`): an identity token by POST; a
 * name and password by POST, and by GET where the server does not know POST, which it says with 400, 401, 404 or 405;
 * anonymously by GET. Fails with `unauthenticated` where the server refuses. Its redirects are not followed.
 */
export async function requestToken(send: Send, call: HostCall, demand: TokenDemand): Promise<BearerToken> {
  const buyer = buyerOf(call);
  let answer = await send(call, firstRequest(demand, buyer));
  if (buyer?.kind === "basic" && withoutPost.has(answer.status)) {
    answer.discard();
    answer = await send(call, getRequest(demand, basicHeader(buyer)));
  }
  if (answer.status !== 200) throw await tokenRefusal(call, answer);
  return await readToken(call, answer);
}

/** The Authorization header for a name and a password (RFC 7617). */
export function basicHeader({ username, password }: Extract<Credential, { readonly kind: "basic" }>): Secret {
  return new Secret(`Basic ${Buffer.from(`${username}:${password.reveal()}`).toString("base64")}`);
}

const withoutPost: ReadonlySet<number> = new Set([400, 401, 404, 405]);

function buyerOf({ credential }: HostCall): TokenBuyer {
  return credential?.kind === "registry-token" ? undefined : credential;
}

function firstRequest(demand: TokenDemand, buyer: TokenBuyer): HttpRequest {
  if (buyer === undefined) return getRequest(demand, undefined);
  if (buyer.kind === "identity-token") {
    return postRequest(demand, { grant_type: "refresh_token", refresh_token: buyer.token.reveal() });
  }
  return postRequest(demand, { grant_type: "password", username: buyer.username, password: buyer.password.reveal() });
}

function getRequest({ url, service, scopes }: TokenDemand, authorization: Secret | undefined): HttpRequest {
  const target = new URL(url);
  if (service !== undefined) target.searchParams.set("service", service);
  for (const scope of scopes) target.searchParams.append("scope", scope);
  return { url: target, authorization };
}

function postRequest({ url, service, scopes }: TokenDemand, grant: Readonly<Record<string, string>>): HttpRequest {
  const form = new URLSearchParams({ ...grant, scope: scopes.join(" "), client_id: "stowage", access_type: "online" });
  if (service !== undefined) form.set("service", service);
  return {
    url,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  };
}

async function readToken(call: HostCall, answer: HttpAnswer): Promise<BearerToken> {
  const { bytes, whole } = await readAtMost(answer.body, maxTokenBytes);
  if (!whole) throw unavailable(call, answer, `its answer has more than ${maxTokenBytes} bytes`);
  const { access_token, token, expires_in } = parseObject(new TextDecoder().decode(bytes)) ?? {};
  const text = access_token || token;
  if (typeof text !== "string" || !/^[\x21-\x7e]+$/.test(text))
    throw unavailable(call, answer, "its answer has no token");
  const lifeSeconds = typeof expires_in === "number" && expires_in > 0 ? expires_in : defaultTokenSeconds;
  return { text: new Secret(text), lifeSeconds };
}

async function tokenRefusal(call: HostCall, answer: HttpAnswer): Promise<RegistryError> {
  if (![400, 401, 403].includes(answer.status))
    return unavailable(call, answer, `it answers ${await describeAnswer(call, answer)}`);
  const { host } = answer.request.url;
  const words = (await readWords(call, answer)) || `${host} answers ${answer.status}`;
  const why = buyerOf(call) === undefined ? `${host} gives none without credentials` : "invalid username/password";
  const reason = `unable to retrieve auth token: ${why}: ${words}`;
  const failures = [{ host: call.host.url.host, status: answer.status, reason }];
  return new RegistryError({ code: "unauthenticated", action: call.action, failures });
}

function unavailable(call: HostCall, { request, status }: HttpAnswer, why: string): RegistryUnavailableError {
  return new RegistryUnavailableError(call.action, [
    { host: request.url.host, status, reason: `unable to retrieve auth token: ${why}` },
  ]);
}
