import { type Credential, Secret } from "@stowage/auth";
import { StowageError } from "@stowage/errors";
import {
  type Authentication,
  createTokenIssuer,
  redirectTo,
  startRegistry,
  status,
  when,
} from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { formsOf, makeCanary, showsOf } from "./canary.test.fixture.ts";
import { openHttpRegistry } from "./index.ts";
import { openAmong } from "./named-hosts.test.fixture.ts";
import { hasty } from "./planned-hosts.test.fixture.ts";

const users = { me: "canary" };
const as = (username: string, password: string): Credential => ({
  kind: "basic",
  username,
  password: new Secret(password),
});

async function start(authentication: Authentication) {
  const stack = new AsyncDisposableStack();
  const fake = stack.use(await startRegistry({ authentication }));
  const registry = stack.use(openHttpRegistry({ ...hasty, plainHttp: () => true }));
  return { stack, fake, registry };
}

describe.for<{ kind: string; make: () => Authentication }>([
  { kind: "basic", make: () => ({ kind: "basic", users }) },
  { kind: "bearer", make: () => ({ kind: "bearer", issuer: createTokenIssuer({ users }) }) },
])("a registry with $kind authentication", ({ make }) => {
  test("lets in who is one of its users, and is asked for no repository", async () => {
    const { stack, fake, registry } = await start(make());
    await using _ = stack;
    await registry.checkAccess(fake.host, { credential: as("me", "canary") });
    expect(fake.requests.map(({ path, body }) => path + body).join()).not.toContain("repository");
    expect(fake.requests.filter(({ path }) => path === "/v2/")).toHaveLength(2);
  });

  test.for([
    { who: "a wrong password", credential: as("me", "canary-wrong") },
    { who: "nobody", credential: undefined },
  ])("lets $who not in, and says nothing of the password", async ({ credential }) => {
    const { stack, fake, registry } = await start(make());
    await using _ = stack;
    const refused = registry.checkAccess(fake.host, { credential });
    await expect(refused).rejects.toMatchObject({ code: "unauthenticated" });
    await expect(refused).rejects.not.toThrow(/canary/);
  });
});

test("a registry that asks nobody takes any credential, and one that is down is unavailable", async () => {
  const { stack, fake, registry } = await start({ kind: "none" });
  await using _ = stack;
  await registry.checkAccess(fake.host, { credential: as("me", "canary") });
  fake.wrap(status(502));
  await expect(registry.checkAccess(fake.host)).rejects.toMatchObject({ code: "unavailable" });
});

describe("the credential that is judged goes to no other host (CVE-2019-10214, CVE-2020-15157)", () => {
  const from = "https://r.test";
  const canary = makeCanary("login");
  const forms = [...formsOf(canary, "me"), "issued-"];

  test.for([
    { to: "https://s.test", kind: "basic" },
    { to: "https://s.r.test", kind: "basic" },
    { to: "https://r.test:8443", kind: "basic" },
    { to: "http://r.test", kind: "basic" },
    { to: "https://s.test", kind: "bearer" },
    { to: "https://r.test:8443", kind: "bearer" },
  ] as const)("by a redirect to $to, $kind", async ({ to, kind }) => {
    const issuer = createTokenIssuer({ users: { me: canary } });
    await using fake = await startRegistry({
      authentication: kind === "basic" ? { kind, users: { me: canary } } : { kind, issuer, realm: `${from}/token` },
    });
    await using trap = await startRegistry({ authentication: { kind: "basic", users: { me: canary } } });
    fake.wrap(when(/ \/v2\//, redirectTo(to, 307)));
    await using registry = openAmong({ [from]: fake, [to]: trap }, hasty);
    await registry.checkAccess("r.test", { credential: as("me", canary) }).catch(() => undefined);
    expect(showsOf(forms, fake.requests)).not.toEqual([]);
    expect(trap.requests).toHaveLength(to.startsWith("https:") ? 1 : 0);
    expect(showsOf(forms, trap.requests)).toEqual([]);
  });

  test("by a redirect of a registry that asks nobody, to one that asks", async () => {
    await using fake = await startRegistry();
    await using trap = await startRegistry({ authentication: { kind: "basic", users: { me: canary } } });
    fake.wrap(when(/ \/v2\//, redirectTo("https://s.test", 307)));
    await using registry = openAmong({ [from]: fake, "https://s.test": trap }, hasty);
    const checked = registry.checkAccess("r.test", { credential: as("me", canary) });
    await expect(checked).rejects.toBeInstanceOf(StowageError);
    expect(trap.requests).not.toEqual([]);
    expect(showsOf(forms, trap.requests)).toEqual([]);
  });

  test.for([
    "https://evil.example/token",
    "https://r.test.evil.example/token",
    "http://r.test/token",
    "https://me:pw@auth.r.test/token",
    "https://10.1.2.3/token",
    "https://localhost/token",
  ])("for a realm at %s", async (realm) => {
    const issuer = createTokenIssuer({ users: { me: canary }, anonymous: true });
    await using fake = await startRegistry({ authentication: { kind: "bearer", issuer, realm } });
    await using trap = await startRegistry({ authentication: { kind: "bearer", issuer } });
    await using registry = openAmong({ [from]: fake, [new URL(realm).origin]: trap }, hasty);
    const checked = registry.checkAccess("r.test", { credential: as("me", canary) });
    await expect(checked).rejects.toBeInstanceOf(StowageError);
    expect(fake.requests).not.toEqual([]);
    expect(trap.requests).toEqual([]);
  });
});
