import { errorAnswer, type FakeAnswer, type FakeRequest, jsonAnswer } from "./exchange.ts";
import type { Action } from "./route.ts";

/** Names and passwords. */
export type Users = Readonly<Record<string, string>>;

export interface TokenIssuerOptions {
  readonly users?: Users;
  /** Identity tokens that may be traded for bearer tokens. */
  readonly refreshTokens?: readonly string[];
  /** Whether a request without credentials gets a token. Default: whether there are neither users nor refresh tokens. */
  readonly anonymous?: boolean;
  /** Seconds, as told to the client and as held; untold and unlimited by default. */
  readonly expiresIn?: number;
  /** Answer POST with this status, as registries do that know only GET. */
  readonly refusesPost?: number;
  /** What tokens allow at most; other actions that are asked for are left out of them. Default: everything. */
  readonly actions?: readonly Action[];
  /**
   * How registries answer a bearer that was good once: with a challenge (the default), with a 400 without one, or with a
   * 403 and `insufficient_scope`.
   */
  readonly refusesExpiredWith?: 400 | 401 | 403;
}

/** How a token was asked for. */
export interface TokenRequest {
  readonly method: string;
  readonly grantType: "anonymous" | "basic" | "password" | "refresh_token";
  readonly scopes: readonly string[];
}

/** A token endpoint (distribution, `spec/auth/token.md` and `oauth.md`), which one or several origins may serve. */
export interface TokenIssuer {
  readonly requests: readonly TokenRequest[];
  readonly refusesExpiredWith: 400 | 401 | 403;
  answer(request: FakeRequest): FakeAnswer;
  judge(token: string, access: Access): Verdict;
  /** Ends every token that was issued so far. */
  revoke(): void;
}

/** What a bearer wants to do; without a repository, to be known is enough. */
export interface Access {
  readonly repository: string | undefined;
  readonly actions: readonly Action[];
}

/** What a token is worth; `unknown` is no token of ours, `insufficient` is one for something else. */
export type Verdict = "good" | "unknown" | "expired" | "insufficient";

export function createTokenIssuer(options: TokenIssuerOptions = {}): TokenIssuer {
  const requests: TokenRequest[] = [];
  const issued = new Map<string, Grant>();
  return {
    requests,
    refusesExpiredWith: options.refusesExpiredWith ?? 401,
    answer(request) {
      if (request.method === "POST" && options.refusesPost !== undefined) return refusal(options.refusesPost);
      const asked = readTokenRequest(request);
      requests.push({ method: request.method, grantType: asked.grantType, scopes: asked.scopes });
      if (!isKnown(asked, options)) return refusal(401);
      const token = `issued-${issued.size + 1}-${crypto.randomUUID()}`;
      issued.set(token, grantFor(asked.scopes, options));
      return tokenAnswer(token, options);
    },
    judge(token, access) {
      const grant = issued.get(token);
      if (grant === undefined) return "unknown";
      if (grant.until < performance.now()) return "expired";
      return allows(grant, access) ? "good" : "insufficient";
    },
    revoke() {
      for (const [token, grant] of issued) issued.set(token, { ...grant, until: Number.NEGATIVE_INFINITY });
    },
  };
}

interface Grant {
  /** `<repository>:<action>`. */
  readonly permissions: ReadonlySet<string>;
  /** On the monotonic clock, milliseconds. */
  readonly until: number;
}

/** The scopes are `repository:<name>:<action>,<action>` (distribution, `spec/auth/scope.md`). */
function grantFor(scopes: readonly string[], { actions, expiresIn }: TokenIssuerOptions): Grant {
  const permissions = scopes.flatMap((scope) => {
    const [, repository, asked = ""] = /^repository:(.+):([^:]+)$/.exec(scope) ?? [];
    return asked.split(",").map((action) => `${repository}:${action}`);
  });
  const most = actions?.map((action) => `:${action}`);
  return {
    permissions: new Set(permissions.filter((permission) => most?.some((end) => permission.endsWith(end)) ?? true)),
    until: performance.now() + 1000 * (expiresIn ?? Number.POSITIVE_INFINITY),
  };
}

function allows({ permissions }: Grant, { repository, actions }: Access): boolean {
  return repository === undefined || actions.every((action) => permissions.has(`${repository}:${action}`));
}

function tokenAnswer(token: string, { expiresIn }: TokenIssuerOptions): FakeAnswer {
  const life = expiresIn === undefined ? {} : { expires_in: expiresIn };
  return jsonAnswer(200, { token, access_token: token, ...life });
}

/** The name and password of a Basic header. */
export function readBasic({ headers }: FakeRequest): readonly [username: string, password: string] | undefined {
  const [, encoded] = /^basic (.*)$/i.exec(headers.authorization ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString();
  return [text.slice(0, text.indexOf(":")), text.slice(text.indexOf(":") + 1)];
}

type Asked = Omit<TokenRequest, "method"> & { readonly secret: string; readonly username: string };

function readTokenRequest(request: FakeRequest): Asked {
  const form =
    request.method === "POST" ? new URLSearchParams(request.body) : new URL(request.path, "http://fake").searchParams;
  const scopes = form.getAll("scope").flatMap((scope) => scope.split(" "));
  if (form.get("grant_type") === "refresh_token") {
    return { grantType: "refresh_token", scopes, username: "", secret: form.get("refresh_token") ?? "" };
  }
  if (form.get("grant_type") === "password") {
    return { grantType: "password", scopes, username: form.get("username") ?? "", secret: form.get("password") ?? "" };
  }
  const [username, secret] = readBasic(request) ?? ["", ""];
  return { grantType: username === "" ? "anonymous" : "basic", scopes, username, secret };
}

function isKnown(
  { grantType, username, secret }: Asked,
  { users, refreshTokens, anonymous }: TokenIssuerOptions,
): boolean {
  if (grantType === "refresh_token") return refreshTokens?.includes(secret) ?? false;
  if (grantType === "anonymous") return anonymous ?? (users === undefined && refreshTokens === undefined);
  return users?.[username] === secret;
}

function refusal(status: number): FakeAnswer {
  return errorAnswer(status, { code: "UNAUTHORIZED", message: "incorrect username or password" });
}
