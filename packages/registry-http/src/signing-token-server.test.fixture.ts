import { randomUUID, sign, X509Certificate } from "node:crypto";
import { type FakeAnswer, type FakeRequest, type Identity, startRegistry, type Users } from "@stowage/registry-fake";

export interface SigningTokenServer extends AsyncDisposable {
  readonly realm: string;
  /** Of every token that was asked for with a good name and password. */
  readonly scopes: readonly (readonly string[])[];
}

/** A token server whose tokens are JSON Web Tokens (distribution, `spec/auth/jwt.md`), signed with an identity's EC key. */
export async function startSigningTokenServer({ users, signer }: SigningSettings): Promise<SigningTokenServer> {
  const server = await startRegistry();
  const scopes: (readonly string[])[] = [];
  server.wrap(async (request) => {
    const asked = new URLSearchParams(request.body);
    if (users[asked.get("username") ?? ""] !== asked.get("password")) return answer(401, {});
    const wanted = (asked.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
    scopes.push(wanted);
    return answer(200, { access_token: token(request, { signer, scopes: wanted }), expires_in: 300 });
  });
  const realm = `${server.origin}/token`;
  return { realm, scopes, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

export interface SigningSettings {
  readonly users: Users;
  readonly signer: Identity;
}

/** What it calls itself in its tokens. */
export const issuerName = "test issuer";

function token(
  { body }: FakeRequest,
  { signer, scopes }: { readonly signer: Identity; readonly scopes: readonly string[] },
): string {
  const form = new URLSearchParams(body);
  const now = Math.floor(Date.now() / 1000);
  const x5c = [new X509Certificate(signer.cert).raw.toString("base64")];
  const header = { typ: "JWT", alg: "ES256", x5c };
  const claims = { iss: issuerName, sub: form.get("username"), aud: form.get("service"), jti: randomUUID() };
  const payload = { ...claims, nbf: now - 10, iat: now, exp: now + 300, access: scopes.flatMap(accessOf) };
  const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = sign("sha256", Buffer.from(signed), { key: signer.key, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

function accessOf(scope: string): readonly object[] {
  const [, name, actions = ""] = /^repository:(.+):([^:]+)$/.exec(scope) ?? [];
  return name === undefined ? [] : [{ type: "repository", name, actions: actions.split(",") }];
}

function answer(status: number, value: unknown): FakeAnswer {
  const body = Buffer.from(JSON.stringify(value));
  return { status, headers: { "content-type": "application/json", "content-length": String(body.byteLength) }, body };
}
