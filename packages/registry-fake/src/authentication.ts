import { errorAnswer, type FakeAnswer, type FakeRequest, type Handler } from "./exchange.ts";
import { repositoryOf } from "./registry-routes.ts";
import { readBasic, type TokenIssuer, type Users } from "./token-issuer.ts";

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
  return async (request) => {
    if (authentication.kind === "bearer" && /^\/token(?:\?|$)/.test(request.path))
      return authentication.issuer.answer(request);
    return isAllowed(authentication, request) ? await handle(request) : challenge(authentication, origin, request);
  };
}

function isAllowed(authentication: Authentication, request: FakeRequest): boolean {
  if (authentication.kind === "none") return true;
  if (authentication.kind === "basic") return isUser(authentication.users, request);
  const [, token = ""] = /^bearer (.*)$/i.exec(request.headers.authorization ?? "") ?? [];
  const { issuer, registryTokens = [] } = authentication;
  return registryTokens.includes(token) || issuer.accepts(token, repositoryOf(request));
}

function isUser(users: Users, request: FakeRequest): boolean {
  const [username = "", password] = readBasic(request) ?? [];
  return password !== undefined && users[username] === password;
}

function challenge(authentication: Authentication, origin: string, request: FakeRequest): FakeAnswer {
  const repository = repositoryOf(request);
  const scope = repository === undefined ? "" : `,scope="repository:${repository}:pull"`;
  const realm = authentication.kind === "bearer" ? (authentication.realm ?? `${origin}/token`) : "";
  const asked =
    authentication.kind === "bearer" ? `Bearer realm="${realm}",service="fake"${scope}` : 'Basic realm="fake"';
  return errorAnswer(401, { code: "UNAUTHORIZED", message: "authentication required" }, { "www-authenticate": asked });
}
