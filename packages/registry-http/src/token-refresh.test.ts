import { type Credential, Secret } from "@stowage/auth";
import {
  createTokenIssuer,
  type FakeRegistry,
  type Fault,
  slow,
  startRegistry,
  status,
  type TokenIssuer,
  times,
  tooManyRequests,
  when,
} from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { path, putImage } from "./image.test.fixture.ts";
import { type HttpRegistry, openHttpRegistry } from "./index.ts";
import { hasty } from "./planned-hosts.test.fixture.ts";

const users = { me: "password" };
const credential: Credential = { kind: "basic", username: "me", password: new Secret("password") };

async function start(issuer: TokenIssuer, fault?: Fault) {
  const stack = new AsyncDisposableStack();
  const fake = stack.use(await startRegistry({ authentication: { kind: "bearer", issuer } }));
  putImage(fake);
  if (fault !== undefined) fake.wrap(fault);
  const registry = stack.use(openHttpRegistry({ ...hasty, plainHttp: () => true }));
  return { stack, fake, registry };
}

const ask = (registry: HttpRegistry, { host }: FakeRegistry) =>
  registry.resolve({ domain: host, path, tag: "v1" }, { credential });

const manifestRequests = ({ requests }: FakeRegistry) => requests.filter(({ path: at }) => at.startsWith("/v2/"));

describe("a kept token that has ended early (AUT-13)", () => {
  test.for([400, 401, 403] as const)("is replaced once where the host says so with %i", async (refusesExpiredWith) => {
    const issuer = createTokenIssuer({ users, refusesExpiredWith });
    const { stack, fake, registry } = await start(issuer);
    await using _ = stack;
    await ask(registry, fake);
    issuer.revoke();
    await ask(registry, fake);
    expect(issuer.requests).toHaveLength(2);
    expect(manifestRequests(fake)).toHaveLength(4);
  });

  test.for([
    { code: 400, becomes: "invalid-argument" },
    { code: 401, becomes: "unauthenticated" },
    { code: 403, becomes: "permission-denied" },
  ])("is replaced once and no more, where the host goes on saying $code", async ({ code, becomes }) => {
    const issuer = createTokenIssuer({ users });
    const { stack, fake, registry } = await start(issuer);
    await using _ = stack;
    await ask(registry, fake);
    fake.wrap(when(/ \/v2\//, status(code, "", { "www-authenticate": `Bearer realm="${fake.origin}/token"` })));
    await expect(ask(registry, fake)).rejects.toMatchObject({ code: becomes });
    expect(issuer.requests).toHaveLength(2);
    expect(manifestRequests(fake)).toHaveLength(4);
  });

  test("is not replaced for a 404 or a 500", async () => {
    const issuer = createTokenIssuer({ users });
    const { stack, fake, registry } = await start(issuer);
    await using _ = stack;
    await ask(registry, fake);
    for (const code of [404, 500]) {
      using _fault = fake.wrap(when(/ \/v2\//, status(code)));
      await expect(ask(registry, fake)).rejects.toThrow(String(code));
    }
    expect(issuer.requests).toHaveLength(1);
  });
});

test("a token that is not good for enough is asked for with the scope that the host names, once (AUT-14)", async () => {
  const issuer = createTokenIssuer({ users });
  const { stack, fake, registry } = await start(issuer);
  await using _ = stack;
  await ask(registry, fake);
  const wider = `Bearer realm="${fake.origin}/token",scope="repository:${path}:pull,wide",error="insufficient_scope"`;
  fake.wrap(when(/ \/v2\//, status(403, "", { "www-authenticate": wider })));
  await expect(ask(registry, fake)).rejects.toMatchObject({ code: "permission-denied" });
  expect(issuer.requests.map(({ scopes }) => scopes)).toEqual([
    [`repository:${path}:pull`],
    [`repository:${path}:pull,wide`],
  ]);
});

describe("a token server (AUT-19)", () => {
  test.for<{ what: string; fault: Fault }>([
    { what: "is asked too much", fault: tooManyRequests({ count: 1, retryAfter: "50ms" }) },
    { what: "has a bad moment", fault: times(1, status(503)) },
    {
      what: "hangs up",
      fault: times(1, async () => {
        throw new Error("cut");
      }),
    },
    { what: "is slow", fault: slow(100) },
  ])("that $what is asked again", async ({ fault }) => {
    const issuer = createTokenIssuer({ users });
    const { stack, fake, registry } = await start(issuer, when(/token/, fault));
    await using _ = stack;
    await ask(registry, fake);
    expect(issuer.requests).toHaveLength(1);
  });

  test("that wants to be left alone for longer than anybody waits is left alone", async () => {
    const issuer = createTokenIssuer({ users });
    const { stack, fake, registry } = await start(
      issuer,
      when(/token/, tooManyRequests({ count: 9, retryAfter: "3600" })),
    );
    await using _ = stack;
    await expect(ask(registry, fake)).rejects.toMatchObject({ code: "unavailable" });
    expect(fake.requests.filter(({ path: at }) => at.startsWith("/token"))).toHaveLength(1);
  });

  test("refuses a wrong password, which a registry with Basic is not sent twice either (AUT-21)", async () => {
    await using fake = await startRegistry({ authentication: { kind: "basic", users: { me: "another" } } });
    await using registry = openHttpRegistry({ ...hasty, plainHttp: () => true });
    for (const round of [1, 2]) {
      await expect(ask(registry, fake)).rejects.toMatchObject({ code: "unauthenticated" });
      const sent = fake.requests.filter(({ headers }) => headers.authorization !== undefined);
      expect(sent).toHaveLength(round);
    }
  });
});

test("a registry token or a header that HTTP cannot carry is a failure, not a bug", async () => {
  await using fake = await startRegistry();
  await using registry = openHttpRegistry({ ...hasty, plainHttp: () => true });
  const odd: Credential = { kind: "registry-token", token: new Secret("a\r\nx: canary") };
  const failure = registry.resolve({ domain: fake.host, path, tag: "v1" }, { credential: odd });
  await expect(failure).rejects.toMatchObject({
    name: expect.stringContaining("Error"),
    code: expect.stringMatching(/^[a-z-]+$/),
  });
  expect(fake.requests).toEqual([]);
});
