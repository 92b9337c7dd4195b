import { errorAnswer, type FakeAnswer, type FakeRequest, jsonAnswer } from "./exchange.ts";

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
  answer(request: FakeRequest): FakeAnswer;
  /** Whether `token` is one of ours, still good, and lets its bearer pull from `repository`. */
  accepts(token: string, repository: string | undefined): boolean;
  /** Ends every token that was issued so far. */
  revoke(): void;
}

export function createTokenIssuer(options: TokenIssuerOptions = {}): TokenIssuer {
  const requests: TokenRequest[] = [];
  const issued = new Map<string, { readonly scopes: readonly string[]; readonly until: number }>();
  let count = 0;
  return {
    requests,
    answer(request) {
      if (request.method === "POST" && options.refusesPost !== undefined) return refusal(options.refusesPost);
      const asked = readTokenRequest(request);
      requests.push({ method: request.method, grantType: asked.grantType, scopes: asked.scopes });
      if (!isKnown(asked, options)) return refusal(401);
      count += 1;
      const token = `issued-${count}-${crypto.randomUUID()}`;
      const { expiresIn } = options;
      issued.set(token, {
        scopes: asked.scopes,
        until: performance.now() + 1000 * (expiresIn ?? Number.POSITIVE_INFINITY),
      });
      return jsonAnswer(200, {
        token,
        access_token: token,
        ...(expiresIn === undefined ? {} : { expires_in: expiresIn }),
      });
    },
    accepts(token, repository) {
      const found = issued.get(token);
      if (found === undefined || found.until < performance.now()) return false;
      return (
        repository === undefined || found.scopes.some((scope) => scope.startsWith(`repository:${repository}:pull`))
      );
    },
    revoke: () => issued.clear(),
  };
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
