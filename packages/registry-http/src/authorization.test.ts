import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import { type Credential, Secret } from "@stowage/auth";
import {
  createTokenIssuer,
  endlessBody,
  type FakeRegistry,
  startRegistry,
  status,
  type TokenIssuerOptions,
  when,
} from "@stowage/registry-fake";
import { describe, expect, test, vi } from "vitest";
import { encode, layer, path, putImage } from "./image.test.fixture.ts";
import { type HttpRegistryOptions, openHttpRegistry } from "./index.ts";
import { openAmong } from "./named-hosts.test.fixture.ts";

const me: Credential = { kind: "basic", username: "me", password: new Secret("canary:pw ÿ") };
const users = { me: "canary:pw ÿ" };
const refresh: Credential = { kind: "identity-token", token: new Secret("canary-refresh") };

/** A registry with an image, behind bearer tokens of its own issuer. */
async function startWithTokens(options: TokenIssuerOptions & { readonly realm?: string } = {}) {
  const issuer = createTokenIssuer(options);
  const { realm } = options;
  const authentication = {
    kind: "bearer",
    issuer,
    registryTokens: ["canary-bearer"],
    ...(realm === undefined ? {} : { realm }),
  } as const;
  const fake = await startRegistry({ authentication });
  putImage(fake);
  return { fake, issuer };
}

const pull = async (registry: ReturnType<typeof openHttpRegistry>, domain: string, credential?: Credential) => {
  await registry.resolve({ domain, path, tag: "v1" }, { credential });
  await Array.fromAsync(registry.blob({ domain, path }, layer, { credential }));
};

const sentTo = (fake: FakeRegistry) => fake.requests.map(({ headers }) => headers.authorization);

describe("a registry that gives out tokens", () => {
  test.for<{ how: string; issues: TokenIssuerOptions; credential?: Credential; grants: readonly string[] }>([
    { how: "anonymously, by GET", issues: {}, grants: ["GET anonymous"] },
    { how: "for a name and password, by POST", issues: { users }, credential: me, grants: ["POST password"] },
    {
      how: "for a name and password, by GET where POST is 400",
      issues: { users, refusesPost: 400 },
      credential: me,
      grants: ["GET basic"],
    },
    {
      how: "for a name and password, by GET where POST is 401",
      issues: { users, refusesPost: 401 },
      credential: me,
      grants: ["GET basic"],
    },
    {
      how: "for a name and password, by GET where POST is 404",
      issues: { users, refusesPost: 404 },
      credential: me,
      grants: ["GET basic"],
    },
    {
      how: "for a name and password, by GET where POST is 405",
      issues: { users, refusesPost: 405 },
      credential: me,
      grants: ["GET basic"],
    },
    {
      how: "for an identity token, by POST",
      issues: { refreshTokens: ["canary-refresh"] },
      credential: refresh,
      grants: ["POST refresh_token"],
    },
    {
      how: "to nobody who brings one",
      issues: { users },
      credential: { kind: "registry-token", token: new Secret("canary-bearer") },
      grants: [],
    },
  ])("gives one $how, and it is good for the next blob", async ({ issues, credential, grants }) => {
    const { fake, issuer } = await startWithTokens(issues);
    await using _ = fake;
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    await pull(registry, fake.host, credential);
    expect(issuer.requests.map(({ method, grantType }) => `${method} ${grantType}`)).toEqual(grants);
    expect(issuer.requests.every(({ scopes }) => scopes.join() === `repository:${path}:pull`)).toBe(true);
  });

  test("gives two callers one each", async () => {
    const { fake, issuer } = await startWithTokens({ users: { ...users, you: "canary-too" }, anonymous: true });
    await using _ = fake;
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    const you: Credential = { kind: "basic", username: "you", password: new Secret("canary-too") };
    for (const caller of [me, you, undefined, me, you, undefined]) await pull(registry, fake.host, caller);
    expect(issuer.requests.map(({ grantType }) => grantType)).toEqual(["password", "password", "anonymous"]);
    expect(new Set(sentTo(fake)).size).toBe(4);
  });

  test("gives equal credentials one, though each pull brings its own, and other passwords another", async () => {
    const { fake, issuer } = await startWithTokens({ users });
    await using _ = fake;
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    const caller = (password: string): Credential => ({
      kind: "basic",
      username: "me",
      password: new Secret(password),
    });
    for (const _pull of [1, 2]) await pull(registry, fake.host, caller("canary:pw ÿ"));
    expect(issuer.requests).toHaveLength(1);
    await expect(pull(registry, fake.host, caller("another"))).rejects.toMatchObject({ code: "unauthenticated" });
    expect(issuer.requests.filter(({ grantType }) => grantType === "password")).toHaveLength(2);
  });

  test("gives those who ask at once one together", async () => {
    const { fake, issuer } = await startWithTokens({ users });
    await using _ = fake;
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    await Promise.all([1, 2, 3, 4].map(() => pull(registry, fake.host, { ...me })));
    expect(issuer.requests).toHaveLength(1);
    issuer.revoke();
    await Promise.all([1, 2, 3, 4].map(() => pull(registry, fake.host, { ...me })));
    expect(issuer.requests).toHaveLength(2);
  });

  test("gives none to who was refused before another got one, for that one is good", async () => {
    const { fake, issuer } = await startWithTokens({ users });
    await using _ = fake;
    const other = Promise.withResolvers<void>();
    let refused = 0;
    fake.wrap(async (request, next) => {
      const answer = await next(request);
      refused += answer.status === 401 ? 1 : 0;
      if (answer.status === 401 && refused === 2) await other.promise;
      return answer;
    });
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    const pulls = [1, 2].map(() => pull(registry, fake.host, me));
    await Promise.race(pulls);
    other.resolve();
    await Promise.all(pulls);
    expect(refused).toBe(2);
    expect(issuer.requests).toHaveLength(1);
  });

  test("gives one to who stays, when another who asked at once has left", async () => {
    const { fake, issuer } = await startWithTokens({ users });
    await using _ = fake;
    const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    fake.wrap(
      when(/token/, async (request, next) => {
        asked.resolve();
        await answer.promise;
        return await next(request);
      }),
    );
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    const leaving = new AbortController();
    const options = { credential: me, signal: leaving.signal };
    const left = registry.resolve({ domain: fake.host, path, tag: "v1" }, options);
    await asked.promise;
    const stayed = pull(registry, fake.host, me);
    const challenged = () => fake.requests.filter(({ path: at }) => at.startsWith("/v2/")).length;
    await vi.waitFor(() => expect(challenged()).toBe(2));
    await delay(50);
    leaving.abort(new Error("enough"));
    await expect(left).rejects.toThrow("enough");
    answer.resolve();
    await stayed;
    expect(issuer.requests).toHaveLength(1);
  });

  test("gives one for each repository", async () => {
    const { fake, issuer } = await startWithTokens();
    await using _ = fake;
    fake.addManifest("other/app", { bytes: encode({}), mediaType: "application/json" }, "v1");
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    await pull(registry, fake.host);
    await expect(registry.resolve({ domain: fake.host, path: "other/app", tag: "v1" })).rejects.toThrow("nothing says");
    expect(issuer.requests.flatMap(({ scopes }) => scopes)).toEqual([
      `repository:${path}:pull`,
      "repository:other/app:pull",
    ]);
  });

  test.for([
    { expiresIn: 300, told: "after its end", at: 291, requests: 2 },
    { expiresIn: 300, told: "until shortly before its end", at: 289, requests: 1 },
    { expiresIn: undefined, told: "after a minute where nothing is said", at: 51, requests: 2 },
    { expiresIn: undefined, told: "within that minute", at: 49, requests: 1 },
    { expiresIn: 5, told: "at once, if it lives no longer than the way", at: 0, requests: 2 },
  ])("is asked for $requests, used again $told", async ({ expiresIn, at, requests }) => {
    const { fake, issuer } = await startWithTokens(expiresIn === undefined ? {} : { expiresIn });
    await using _ = fake;
    let clock = 1_000_000;
    await using registry = openHttpRegistry({ now: () => clock });
    await registry.resolve({ domain: fake.host, path, tag: "v1" });
    clock += 1000 * at;
    await registry.resolve({ domain: fake.host, path, tag: "v1" });
    expect(issuer.requests).toHaveLength(requests);
  });

  test("is asked once more when a token has ended early, and not twice", async () => {
    const { fake, issuer } = await startWithTokens();
    await using _ = fake;
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    await pull(registry, fake.host);
    issuer.revoke();
    await pull(registry, fake.host);
    expect(issuer.requests).toHaveLength(2);
    fake.wrap(when(/ \/v2\//, status(401, "", { "www-authenticate": `Bearer realm="${fake.origin}/token"` })));
    await expect(pull(registry, fake.host)).rejects.toMatchObject({ code: "unauthenticated" });
    expect(issuer.requests).toHaveLength(3);
  });

  test.for<{ credential: Credential; text: string }>([
    {
      credential: { kind: "basic", username: "me", password: new Secret("wrong-canary") },
      text: "unable to retrieve auth token: invalid username/password: UNAUTHORIZED: incorrect username or password",
    },
    {
      credential: { kind: "identity-token", token: new Secret("wrong-canary") },
      text: "unable to retrieve auth token: invalid username/password: UNAUTHORIZED: incorrect username or password",
    },
    { credential: { kind: "registry-token", token: new Secret("wrong-canary") }, text: "refuses the registry token" },
  ])("refuses a wrong $credential.kind, and nothing else is tried", async ({ credential, text }) => {
    const { fake, issuer } = await startWithTokens({ users, anonymous: true });
    await using _ = fake;
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    await pull(registry, fake.host, me);
    const before = issuer.requests.length;
    const failure = pull(registry, fake.host, credential);
    await expect(failure).rejects.toMatchObject({ code: "unauthenticated", message: expect.stringContaining(text) });
    await expect(failure).rejects.toThrow(`Cannot pull ${fake.host}/${path}:v1: `);
    expect(issuer.requests.slice(before).every(({ grantType }) => grantType !== "anonymous")).toBe(true);
  });

  test.for([
    { what: "is broken", fault: status(500), code: "unavailable", text: "it answers 500" },
    { what: "is too busy", fault: status(429), code: "unavailable", text: "429" },
    { what: "answers with a page", fault: status(200, "<html>"), code: "unavailable", text: "has no token" },
    {
      what: "answers with another thing",
      fault: status(200, '{"token":7}'),
      code: "unavailable",
      text: "has no token",
    },
    {
      what: "answers with a header's end",
      fault: status(200, '{"token":"a\\r\\nx: y"}'),
      code: "unavailable",
      text: "has no token",
    },
    {
      what: "redirects",
      fault: status(302, "", { location: "https://evil.example/" }),
      code: "unavailable",
      text: "302",
    },
    { what: "never stops (CVE-2023-25153)", fault: endlessBody(), code: "unavailable", text: "more than 65536 bytes" },
    {
      what: "refuses without an end (CVE-2023-25153)",
      fault: when(/token/, refuseForever),
      code: "unauthenticated",
      text: "none without credentials",
    },
  ])("fails cleanly where its token server $what", async ({ fault, code, text }) => {
    const { fake } = await startWithTokens();
    await using _ = fake;
    fake.wrap(when(/token/, fault));
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    await expect(pull(registry, fake.host)).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });

  test("is not waited for longer than it may take", async () => {
    const { fake } = await startWithTokens();
    await using _ = fake;
    fake.wrap(when(/token/, () => new Promise(() => undefined)));
    await using registry = openHttpRegistry({ timeouts: { document: 200 } });
    await expect(pull(registry, fake.host)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("too long"),
    });
    await expect(Array.fromAsync(registry.blob({ domain: fake.host, path }, layer))).rejects.toThrow("too long");
  });
});

describe("a registry that asks for a name and password", () => {
  test("gets them, and is not asked without them again", async () => {
    await using fake = await startRegistry({ authentication: { kind: "basic", users } });
    putImage(fake);
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    await pull(registry, fake.host, me);
    const header = `Basic ${Buffer.from("me:canary:pw ÿ").toString("base64")}`;
    expect(sentTo(fake).slice(-3)).toEqual([undefined, header, header]);
  });

  test.for<{ credential: Credential | undefined; text: string }>([
    { credential: undefined, text: "asks for a user name and a password, and there are none for it" },
    { credential: refresh, text: "asks for a user name and a password, and an identity token is none" },
    {
      credential: { ...me, username: "you" },
      text: "answers 401 Unauthorized (UNAUTHORIZED: authentication required)",
    },
  ])("refuses others: it $text", async ({ credential, text }) => {
    await using fake = await startRegistry({ authentication: { kind: "basic", users } });
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    const message = `Cannot pull ${fake.host}/${path}:v1: ${fake.host}: it ${text}`;
    await expect(pull(registry, fake.host, credential)).rejects.toMatchObject({ code: "unauthenticated", message });
  });

  test.for([
    { asks: ['Digest realm="x"', 'bAsIc realm="x'], answer: "Basic" },
    { asks: ['Basic realm="x", Bearer realm="/nowhere"'], answer: "refused" },
    { asks: ['Digest realm="x"'], answer: "another way" },
    { asks: ["", ",,="], answer: "does not say how" },
  ])("by $asks is understood", async ({ asks, answer }) => {
    await using fake = await startRegistry({ authentication: { kind: "basic", users } });
    putImage(fake);
    fake.wrap(async (request, next) => {
      const found = await next(request);
      return found.status === 401 ? { ...found, headers: { ...found.headers, "www-authenticate": asks } } : found;
    });
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    if (answer === "Basic") await pull(registry, fake.host, me);
    else await expect(pull(registry, fake.host, me)).rejects.toThrow(answer);
  });
});

describe("CVE-2019-10214: a token server elsewhere", () => {
  test.for<{ realm: string; why: string; options: HttpRegistryOptions }>([
    { realm: "https://auth.corp.example/token", why: "of the registry's site", options: {} },
    { realm: "https://login.test/token", why: "trusted", options: { trustedRealms: ["login.test"] } },
  ])("at $realm gets the credentials, for it is $why", async ({ realm, options }) => {
    const { fake, issuer } = await startWithTokens({ users, realm });
    await using _ = fake;
    await using tokens = await startRegistry({ authentication: { kind: "bearer", issuer } });
    const hosts = { "https://registry.corp.example": fake, [new URL(realm).origin]: tokens };
    await using registry = openAmong(hosts, options);
    await pull(registry, "registry.corp.example", me);
    expect(issuer.requests).toMatchObject([{ grantType: "password" }]);
    expect(inspect(tokens.requests)).not.toContain("Bearer");
    expect(inspect(fake.requests)).not.toMatch(/canary|Y2FuYXJ5/);
  });

  test.for([
    { realm: "https://evil.test/token", asked: 1 },
    { realm: "https://registry.example.evil.test/token", asked: 1 },
    { realm: "http://registry.example/token", asked: 0 },
    { realm: "https://169.254.169.254/token", asked: 0 },
    { realm: "https://me:pw@evil.test/token", asked: 0 },
    { realm: "http://localhost/token", asked: 0 },
  ])("at $realm gets none, and is asked $asked times without", async ({ realm, asked }) => {
    const { fake, issuer } = await startWithTokens({ users, anonymous: true, realm });
    await using _ = fake;
    await using trap = await startRegistry({ authentication: { kind: "bearer", issuer } });
    await using registry = openAmong({ "https://registry.example": fake, [new URL(realm).origin]: trap });
    await expect(pull(registry, "registry.example", me)).rejects.toMatchObject({
      code: "unauthenticated",
      message: expect.stringContaining("registry.example: it names a token server that is refused: "),
    });
    expect(trap.requests).toEqual([]);
    await Promise.allSettled([pull(registry, "registry.example")]);
    expect(sentTo(trap)).toEqual(Array.from({ length: asked }));
  });
});

test("docker.io is served by registry-1.docker.io, with tokens of auth.docker.io", async () => {
  const { fake, issuer } = await startWithTokens({ users, realm: "https://auth.docker.io/token" });
  await using _ = fake;
  await using tokens = await startRegistry({ authentication: { kind: "bearer", issuer } });
  await using registry = openAmong({ "https://registry-1.docker.io": fake, "https://auth.docker.io": tokens });
  await pull(registry, "docker.io", me);
  expect(issuer.requests).toMatchObject([{ grantType: "password" }]);
});

describe("CVE-2020-8564, CVE-2019-11250: no secret is in an error", () => {
  const traces = /canary|Y2FuYXJ5|bWU6Y2|issued-/;

  test.for<{ credential: Credential; from: string; code: number }>([
    { credential: me, from: "the token server", code: 401 },
    { credential: me, from: "the token server", code: 500 },
    { credential: refresh, from: "the token server", code: 400 },
    { credential: me, from: "the registry", code: 403 },
    { credential: me, from: "the registry", code: 503 },
    { credential: { kind: "registry-token", token: new Secret("canary-bearer") }, from: "the registry", code: 418 },
  ])("even where $from repeats them with a $code", async ({ credential, from, code }) => {
    const { fake } = await startWithTokens({ users, refreshTokens: ["canary-refresh"] });
    await using _ = fake;
    const pattern = from === "the registry" ? / \/v2\// : /token/;
    fake.wrap(
      when(pattern, async (request, next) => {
        const answer = await next(request);
        const asksToken = from === "the registry" && answer.status === 401;
        const body = encode({ error: `${request.headers.authorization} ${formsOf(credential).join(" ")}` });
        return asksToken ? answer : { status: code, headers: {}, body };
      }),
    );
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    const error: unknown = await pull(registry, fake.host, credential).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(traces);
    expect(String(error)).toContain("[secret]");
  });
});

function formsOf(credential: Credential): readonly string[] {
  if (credential.kind !== "basic") return [credential.token.reveal()];
  const password = credential.password.reveal();
  return [password, encodeURIComponent(password), Buffer.from(`me:${password}`).toString("base64")];
}

async function refuseForever(): Promise<{
  status: number;
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
}> {
  const forever = async function* () {
    while (true) yield Buffer.alloc(64 * 1024, "x");
  };
  return { status: 401, headers: {}, body: forever() };
}
