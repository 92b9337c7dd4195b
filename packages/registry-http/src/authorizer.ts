import { type Credential, Secret } from "@stowage/auth";
import { StowageError } from "@stowage/errors";
import type { Call } from "./call.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { tokenSkewSeconds } from "./limits.ts";
import { judgeRealm } from "./realm.ts";
import { basicHeader, requestToken } from "./token-request.ts";
import { type HttpAnswer, headersOf, type Send } from "./transport.ts";

/** Knows what to put into the Authorization header, and keeps it while it is good: by caller, origin and repository. */
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
  /** By the credential itself: what was bought with it dies with it, and no secret is a key. */
  const kept = new WeakMap<object, Map<string, KeptHeader>>();
  const anonymous = {};
  const keptFor = ({ options: { credential } }: Call): Map<string, KeptHeader> => {
    const caller = credential ?? anonymous;
    const headers = kept.get(caller) ?? new Map<string, KeptHeader>();
    kept.set(caller, headers);
    return headers;
  };
  return {
    find(call, origin) {
      const { credential } = call.options;
      if (credential?.kind === "registry-token") return bearerHeader(credential.token);
      const found = keptFor(call).get(keyOf(call, origin));
      return found !== undefined && found.until > now() ? found.header : undefined;
    },
    async renew(call, refused) {
      const headers = keptFor(call);
      const answered = await answerChallenge(send, call, { refused, trustedRealms });
      const until = now() + 1000 * (answered.lifeSeconds - tokenSkewSeconds);
      for (const [key, old] of headers) if (old.until <= now()) headers.delete(key);
      headers.set(keyOf(call, refused.request.url), { header: answered.header, until });
      return answered.header;
    },
  };
}

interface KeptHeader {
  readonly header: Secret;
  readonly until: number;
}

interface Answered {
  readonly header: Secret;
  readonly lifeSeconds: number;
}

interface Challenged {
  readonly refused: HttpAnswer;
  readonly trustedRealms: readonly string[];
}

/** Every request of a repository asks for the same scope: to pull from it. */
function keyOf({ repository }: Call, { origin }: URL): string {
  return `${origin}/${repository.path}`;
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
  if (credential?.kind === "basic") return { header: basicHeader(credential), lifeSeconds: Number.POSITIVE_INFINITY };
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
  const token = await requestToken(send, call, { url: judged.url, service: parameters.get("service"), scope });
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
