import { type Credential, Secret } from "@stowage/auth";
import { type Authentication, createTokenIssuer, startRegistry, status } from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { openHttpRegistry } from "./index.ts";
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
