import { type Credential, Secret } from "@stowage/auth";
import { StowageError } from "@stowage/errors";
import { SharedWork } from "@stowage/shared-work";
import { type Call, signalOf } from "./call.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { KeptHeaders } from "./kept-headers.ts";
import { basicSeconds, tokenSkewSeconds } from "./limits.ts";
import { judgeRealm } from "./realm.ts";
import { basicHeader, requestToken } from "./token-request.ts";
import { type HttpAnswer, headersOf, type Send } from "./transport.ts";
import { asRegistryError } from "./transport-error.ts";

/** Knows what to put into the Authorization header, and keeps it while it is good. Callers who need the same at once share it. */
export interface Authorizer {
  /** The header that was good at `origin` the last time, if it still is. */
  find(call: Call, origin: URL): Secret | undefined;
  /** The header that answers a 401. Fails with `unauthenticated` where the caller has none that the host takes. */
  renew(call: Call, refused: HttpAnswer): Promise<Secret>;
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
    find(call, origin) {
      const { credential } = call.options;
      if (credential?.kind === "registry-token") return bearerHeader(credential.token);
      return kept.find(kept.keyOf(call, origin));
    },
    async renew(call, refused) {
      const key = kept.keyOf(call, refused.request.url);
      const bought = kept.find(key);
      if (bought !== undefined && bought !== refused.request.authorization) return bought; // by another, meanwhile
      const answer = async (signal: AbortSignal): Promise<Secret> => {
        const { header, lifeSeconds } = await answerChallenge(send, forAll(call, signal), { refused, trustedRealms });
        kept.keep(key, header, lifeSeconds - tokenSkewSeconds);
        return header;
      };
      return await joined(call, refused, async (signal) => {
        await using shares = new AsyncDisposableStack();
        return await answering.join(key, answer, { signal, shares });
      });
    },
  };
}

/** The same call for whoever waits for it: nobody's signal or deadline ends it for the others. */
function forAll({ action, repository, options }: Call, signal: AbortSignal): Call {
  return { action, repository, options: { ...options, signal } };
}

/** Waits no longer than `call` may take. */
async function joined<Result>(
  call: Call,
  { request }: HttpAnswer,
  wait: (signal: AbortSignal | undefined) => Promise<Result>,
): Promise<Result> {
  const signal = signalOf(call);
  try {
    return await wait(signal);
  } catch (error) {
    throw signal?.aborted && error === signal.reason ? asRegistryError(error, call, request.url.host) : error;
  }
}

interface Answered {
  readonly header: Secret;
  readonly lifeSeconds: number;
}

interface Challenged {
  readonly refused: HttpAnswer;
  readonly trustedRealms: readonly string[];
}

/** Bearer is preferred to Basic, which shows the password to one more host; other schemes are passed over. */
async function answerChallenge(send: Send, call: Call, challenged: Challenged): Promise<Answered> {
  const { credential } = call.options;
  const challenges = parseChallenges(headersOf(challenged.refused, "www-authenticate"));
  const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
  if (credential?.kind === "registry-token") throw unauthenticated(call, challenged, "refuses the registry token");
  if (bearer !== undefined) return await buyToken(send, call, { ...challenged, bearer });
  if (!challenges.some(({ scheme }) => scheme === "basic"))
    throw unauthenticated(call, challenged, unanswerable(challenges));
  if (credential?.kind === "basic") return { header: basicHeader(credential), lifeSeconds: basicSeconds };
  throw unauthenticated(call, challenged, `asks for a user name and a password, and ${asWhom(credential)}`);
}

async function buyToken(
  send: Send,
  call: Call,
  { refused, trustedRealms, bearer }: Challenged & { readonly bearer: Challenge },
): Promise<Answered> {
  const { parameters } = bearer;
  const judged = judgeRealm(parameters.get("realm") ?? "", refused.request.url, {
    credentials: call.options.credential !== undefined,
    trusted: trustedRealms,
  });
  if ("flaw" in judged) {
    throw unauthenticated(call, { refused, trustedRealms }, `names a token server that is refused: ${judged.flaw}`);
  }
  const scope = parameters.get("scope") ?? `repository:${call.repository.path}:pull`;
  const token = await requestToken(send, call, {
    url: judged.url,
    registry: refused.request.registry,
    service: parameters.get("service"),
    scope,
  });
  return { header: bearerHeader(token.text), lifeSeconds: token.lifeSeconds };
}

function bearerHeader(token: Secret): Secret {
  return new Secret(`Bearer ${token.reveal()}`);
}

function unanswerable(challenges: readonly Challenge[]): string {
  return challenges.length === 0
    ? "answers 401 and does not say how to authenticate"
    : "asks for another way to authenticate than Basic or Bearer";
}

function asWhom(credential: Credential | undefined): string {
  return credential === undefined ? "there are none for it" : "an identity token is none";
}

function unauthenticated(call: Call, { refused }: Challenged, why: string): StowageError {
  return new StowageError("unauthenticated", `Cannot ${call.action}: ${refused.request.url.host} ${why}`);
}
