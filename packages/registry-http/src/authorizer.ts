import { type Credential, Secret } from "@stowage/auth";
import { RegistryError } from "@stowage/registry";
import { SharedWork } from "@stowage/shared-work";
import { type HostCall, signalOf } from "./call.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { KeptHeaders, type MadeHeader } from "./kept-headers.ts";
import { basicSeconds, tokenSkewSeconds } from "./limits.ts";
import { judgeRealm } from "./realm.ts";
import { basicHeader, requestToken } from "./token-request.ts";
import { type HttpAnswer, headersOf, type Send } from "./transport.ts";
import { asRegistryError } from "./transport-error.ts";

/** Knows what to put into the Authorization header, and keeps it while it is good. Callers who need the same at once share it. */
export interface Authorizer {
  /** The header that was good at the call's host the last time, if it still is. */
  find(call: HostCall): Secret | undefined;
  /**
   * Whether another header may do better than the one that `refused` was given: after a 401 of the host, and after a 400 or
   * 403 where a token that was kept may have ended before its time, which some registries say so.
   */
  mayRenew(call: HostCall, refused: HttpAnswer): boolean;
  /** The header that answers a refusal. Fails with `unauthenticated` where the caller has none that the host takes. */
  renew(call: HostCall, refused: HttpAnswer): Promise<Secret>;
}

export interface AuthorizerSettings {
  /** Hosts of token servers that get the credentials of any registry that names them. */
  readonly trustedRealms: readonly string[];
  /** Milliseconds on a clock that never jumps. */
  readonly now: () => number;
}

export function createAuthorizer(send: Send, { trustedRealms, now }: AuthorizerSettings): Authorizer {
  const kept = new KeptHeaders(now);
  const answering = new SharedWork<Secret>();
  return {
    find(call) {
      if (call.credential?.kind === "registry-token") return bearerHeader(call.credential.token);
      return kept.find(kept.keyOf(call));
    },
    mayRenew(call, { request, status }) {
      if (request.url.origin !== call.host.url.origin) return false;
      const { authorization } = request;
      if (status === 401) return authorization === undefined || isToken(authorization); // a wrong password stays wrong
      return (status === 400 || status === 403) && call.credential?.kind !== "registry-token" && isToken(authorization);
    },
    async renew(call, refused) {
      const key = kept.keyOf(call);
      const bought = kept.find(key);
      if (bought !== undefined && bought !== refused.request.authorization) return bought; // by another, meanwhile
      const told = parseChallenges(headersOf(refused, "www-authenticate"));
      const challenges = told.length > 0 ? told : kept.findChallenges(key);
      const answer = async (signal: AbortSignal): Promise<Secret> => {
        const made = await answerChallenges(send, forAll(call, signal), { challenges, trustedRealms });
        kept.keep(key, made);
        return made.header;
      };
      return await joined(call, async (signal) => {
        await using shares = new AsyncDisposableStack();
        return await answering.join(key, answer, { signal, shares });
      });
    },
  };
}

/** The same call for whoever waits for it: nobody's signal or deadline ends it for the others. */
function forAll(call: HostCall, signal: AbortSignal): HostCall {
  return { ...call, options: { ...call.options, signal }, deadline: undefined };
}

/** Waits no longer than `call` may take. */
async function joined<Result>(
  call: HostCall,
  wait: (signal: AbortSignal | undefined) => Promise<Result>,
): Promise<Result> {
  const signal = signalOf(call);
  try {
    return await wait(signal);
  } catch (error) {
    throw signal?.aborted && error === signal.reason ? asRegistryError(error, call, call.host.url.host) : error;
  }
}

interface Challenged {
  readonly challenges: readonly Challenge[];
  readonly trustedRealms: readonly string[];
}

/** Bearer is preferred to Basic, which shows the password to one more host; other schemes are passed over. */
async function answerChallenges(send: Send, call: HostCall, challenged: Challenged): Promise<MadeHeader> {
  const { credential } = call;
  const { challenges } = challenged;
  const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
  if (credential?.kind === "registry-token") throw unauthenticated(call, "refuses the registry token");
  if (bearer !== undefined) return await buyToken(send, call, { ...challenged, bearer });
  if (!challenges.some(({ scheme }) => scheme === "basic")) throw unauthenticated(call, unanswerable(challenges));
  if (credential?.kind === "basic") return { header: basicHeader(credential), challenges, seconds: basicSeconds };
  throw unauthenticated(call, `asks for a user name and a password, and ${asWhom(credential)}`);
}

async function buyToken(
  send: Send,
  call: HostCall,
  { challenges, trustedRealms, bearer }: Challenged & { readonly bearer: Challenge },
): Promise<MadeHeader> {
  const { parameters } = bearer;
  const judged = judgeRealm(parameters.get("realm") ?? "", call.host.url, {
    credentials: call.credential !== undefined,
    trusted: trustedRealms,
  });
  if ("flaw" in judged) throw unauthenticated(call, `names a token server that is refused: ${judged.flaw}`);
  const scopes = scopesFor(call, parameters.get("scope"));
  const token = await requestToken(send, call, { url: judged.url, service: parameters.get("service"), scopes });
  return { header: bearerHeader(token.text), challenges, seconds: token.lifeSeconds - tokenSkewSeconds };
}

/**
 * What the host asks for, and what the call is about: a host asks for one step of a push, and one token is to do for all.
 * Where it only pulls, or is about no repository, the host's word is enough.
 */
function scopesFor({ host, actions, mountFrom }: HostCall, told: string | undefined): readonly string[] {
  const asked = (told ?? "").split(" ").filter((scope) => scope !== "");
  const isEnough = host.path === "" || (asked.length > 0 && actions === "pull");
  const own = isEnough ? [] : [`repository:${host.path}:${actions}`];
  const scopes = [...asked, ...own, ...(mountFrom === undefined ? [] : [`repository:${mountFrom}:pull`])];
  return [...new Set(scopes)].filter((scope) => !scopes.some((other) => other.startsWith(`${scope},`)));
}

function bearerHeader(token: Secret): Secret {
  return new Secret(`Bearer ${token.reveal()}`);
}

function isToken(header: Secret | undefined): boolean {
  return header?.reveal().startsWith("Bearer ") ?? false;
}

function unanswerable(challenges: readonly Challenge[]): string {
  return challenges.length === 0
    ? "answers 401 and does not say how to authenticate"
    : "asks for another way to authenticate than Basic or Bearer";
}

function asWhom(credential: Credential | undefined): string {
  return credential === undefined ? "there are none for it" : "an identity token is none";
}

function unauthenticated({ action, host: { url } }: HostCall, why: string): RegistryError {
  const failures = [{ host: url.host, status: 401, reason: `it ${why}` }];
  return new RegistryError({ code: "unauthenticated", action, failures });
}
