import { errorAnswer, type FakeAnswer, type FakeRequest, type Handler } from "./exchange.ts";
import { actionsOf, routeOf } from "./route.ts";
import { readBasic, type TokenIssuer, type Users, type Verdict } from "./token-issuer.ts";

/**
 * Whom a registry lets in: everybody, users by name and password, or the bearers of tokens. `issuer` answers at `/token`;
 * `realm` sends clients elsewhere, to another origin of the same issuer or into a trap. `registryTokens` are good as they are.
 */
export type Authentication =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly users: Users }
  | {
      readonly kind: "bearer";
      readonly issuer: TokenIssuer;
      readonly realm?: string;
      readonly registryTokens?: readonly string[];
    };

/** The handler of a registry at `origin`, with a guard before it. */
export function guarded(authentication: Authentication, origin: string, handle: Handler): Handler {
  if (authentication.kind === "none") return handle;
  if (authentication.kind === "basic")
    return async (request) =>
      isUser(authentication.users, request)
        ? await handle(request)
        : refusal(401, { "www-authenticate": 'Basic realm="fake"' });
  const { issuer } = authentication;
  const realm = authentication.realm ?? `${origin}/token`;
  return async (request) => {
    if (/^\/token(?:\?|$)/.test(request.path)) return issuer.answer(request);
    const verdict = judge(authentication, request);
    if (verdict === "good") return await handle(request);
    return verdict === "expired" && issuer.refusesExpiredWith === 400
      ? errorAnswer(400, { code: "DENIED", message: "your authorization token has expired" })
      : refusal(verdict === "expired" ? issuer.refusesExpiredWith : 401, challenge(realm, verdict, request));
  };
}

function judge(
  { issuer, registryTokens = [] }: Extract<Authentication, { readonly kind: "bearer" }>,
  request: FakeRequest,
): Verdict {
  const [, token = ""] = /^bearer (.*)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (registryTokens.includes(token)) return "good";
  return issuer.judge(token, { repository: routeOf(request)?.repository, actions: actionsOf(request) });
}

function isUser(users: Users, request: FakeRequest): boolean {
  const [username = "", password] = readBasic(request) ?? [];
  return password !== undefined && users[username] === password;
}

/** What is asked for (distribution, `spec/auth/token.md`); a bearer whose token has not the scope is told so. */
function challenge(realm: string, verdict: Verdict, request: FakeRequest): FakeAnswer["headers"] {
  const repository = routeOf(request)?.repository;
  const scope = repository === undefined ? "" : `,scope="repository:${repository}:${actionsOf(request).join()}"`;
  const error = verdict === "unknown" ? "" : ',error="insufficient_scope"';
  return { "www-authenticate": `Bearer realm="${realm}",service="fake"${scope}${error}` };
}

function refusal(status: number, headers: FakeAnswer["headers"]): FakeAnswer {
  return errorAnswer(status, { code: "UNAUTHORIZED", message: "authentication required" }, headers);
}
