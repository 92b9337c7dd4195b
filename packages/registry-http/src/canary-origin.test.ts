import { type Credential, Secret } from "@stowage/auth";
import type { Keychain } from "@stowage/registry";
import {
  createTokenIssuer,
  cutAfter,
  dropConnection,
  type FakeRegistry,
  type Fault,
  redirectTo,
  startRegistry,
  status,
  when,
} from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { formsOf, makeCanary, showsOf } from "./canary.test.fixture.ts";
import { layer, path, putImage } from "./image.test.fixture.ts";
import { type HttpRegistry, openHttpRegistry } from "./index.ts";
import { openAmong } from "./named-hosts.test.fixture.ts";
import { domain, hasty, planOf } from "./planned-hosts.test.fixture.ts";

const password = makeCanary("own");
const me: Credential = { kind: "basic", username: "me", password: new Secret(password) };
const users = { me: password };
const forms = formsOf(password, "me");

const pullAll = async (registry: HttpRegistry, from: string, credential?: Credential) =>
  await Promise.allSettled([
    registry.resolve({ domain: from, path, tag: "v1" }, { credential }),
    Array.fromAsync(registry.blob({ domain: from, path }, layer, { credential })),
  ]);

/** Which of the forms of a secret, and which tokens that it bought, came to a host. */
const seenBy = (fake: FakeRegistry, secret: readonly string[]) =>
  showsOf([...secret, "issued-", "canary-header"], fake.requests);

const headers = { "x-key": [new Secret("canary-header")] };

describe("redirect leaks: nothing that is for a host follows a redirect", () => {
  const targets = [
    { where: "another host", from: "https://r.example", to: "https://s.example" },
    { where: "a host below it", from: "https://r.example", to: "https://s.r.example" },
    { where: "another port", from: "https://r.example", to: "https://r.example:8443" },
    { where: "another scheme", from: "http://r.example", to: "https://r.example" },
    { where: "http", from: "https://r.example", to: "http://r.example" },
  ];
  const kinds = ["basic", "bearer"] as const;

  test.for(
    targets.flatMap((target) =>
      ([301, 302, 303, 307, 308] as const).flatMap((code) => kinds.map((kind) => ({ ...target, code, kind }))),
    ),
  )("to $where ($from to $to) with $code, $kind", async ({ from, to, code, kind }) => {
    const issuer = createTokenIssuer({ users });
    await using fake = await startRegistry({
      authentication: kind === "basic" ? { kind, users } : { kind, issuer, realm: `${from}/token` },
    });
    await using other = await startRegistry();
    for (const one of [fake, other]) putImage(one);
    fake.wrap(when(/ \/v2\//, redirectTo(to, code)));
    const hosts = planOf({ origin: from, headers });
    await using registry = openAmong({ [from]: fake, [to]: other }, { hosts });
    const outcomes = await pullAll(registry, "r.example", me);
    const isRefused = from.startsWith("https:") && to.startsWith("http:");
    expect(outcomes.map((outcome) => outcome.status)).toEqual(
      isRefused ? ["rejected", "rejected"] : ["fulfilled", "fulfilled"],
    );
    expect(other.requests).toHaveLength(isRefused ? 0 : 2);
    expect(seenBy(other, forms)).toEqual([]);
    expect(seenBy(fake, forms)).not.toEqual([]);
  });

  test.for([301, 302, 303, 307, 308] as const)(
    "nor one that leads back to the origin by way of another, with %i",
    async (code) => {
      await using fake = await startRegistry({ authentication: { kind: "basic", users } });
      await using between = await startRegistry();
      putImage(fake);
      fake.wrap(when(/^GET [^?]*$/, redirectTo("https://s.example", code)));
      between.wrap(async ({ path: at }) => ({
        status: code,
        headers: { location: `https://r.example${at}?back` },
        body: new Uint8Array(),
      }));
      const hosts = planOf({ origin: "https://r.example", headers });
      await using registry = openAmong({ "https://r.example": fake, "https://s.example": between }, { hosts });
      const outcomes = await pullAll(registry, "r.example", me);
      expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "fulfilled"]);
      expect(seenBy(between, forms)).toEqual([]);
      expect(
        fake.requests
          .filter(({ path: at }) => at.endsWith("?back"))
          .every(({ headers: had }) => had.authorization !== undefined && had["x-key"] === "canary-header"),
      ).toBe(true);
    },
  );
});

describe("realm games (CVE-2019-10214): a token server", () => {
  test.for([
    { realm: "https://evil.example/token", from: "https://r.test" },
    { realm: "https://b.github.io/token", from: "https://a.github.io" },
    { realm: "https://b.co.uk/token", from: "https://a.co.uk" },
    { realm: "https://r.test.evil.example/token", from: "https://r.test" },
    { realm: "http://r.test/token", from: "https://r.test" },
    { realm: "http://r.test:443/token", from: "https://r.test" },
    { realm: "https://10.1.2.3/token", from: "https://r.test" },
    { realm: "https://[::ffff:169.254.169.254]/token", from: "https://r.test" },
    { realm: "https://169.254.169.254/token", from: "https://r.test" },
    { realm: "https://me:pw@auth.r.test/token", from: "https://r.test" },
    { realm: "https://localhost./token", from: "https://r.test" },
    { realm: "https://r.localhost/token", from: "https://r.test" },
  ])("at $realm gets nothing of a registry at $from", async ({ realm, from }) => {
    const issuer = createTokenIssuer({ users, anonymous: true });
    await using fake = await startRegistry({ authentication: { kind: "bearer", issuer, realm } });
    await using trap = await startRegistry({ authentication: { kind: "bearer", issuer } });
    for (const one of [fake, trap]) putImage(one);
    const hosts = planOf({ origin: from, headers });
    await using registry = openAmong({ [from]: fake, [new URL(realm).origin]: trap }, { hosts });
    await pullAll(registry, new URL(from).host, me);
    expect(trap.requests).toEqual([]);
    await pullAll(registry, new URL(from).host);
    expect(seenBy(trap, forms)).toEqual([]);
  });

  test.for(["https://localhost./token", "https://r.localhost/token", "https://[::1]/token"])(
    "on this machine, %s, is not even asked anonymously",
    async (realm) => {
      const issuer = createTokenIssuer();
      await using fake = await startRegistry({ authentication: { kind: "bearer", issuer, realm } });
      await using trap = await startRegistry({ authentication: { kind: "bearer", issuer } });
      await using registry = openAmong({ "https://r.test": fake, [new URL(realm).origin]: trap });
      await pullAll(registry, "r.test");
      expect(trap.requests).toEqual([]);
    },
  );
});

describe("containerd#4950: each host is shown its own credential alone (REG-12)", () => {
  const names = ["one", "two", "origin"] as const;
  const secrets = Object.fromEntries(names.map((name) => [name, makeCanary(name)]));
  const failures: readonly { readonly name: string; readonly fault: Fault }[] = [
    { name: "401", fault: status(401, "", { "www-authenticate": 'Basic realm="x"' }) },
    { name: "404", fault: status(404) },
    { name: "500", fault: status(500) },
    { name: "a hang-up", fault: dropConnection() },
    { name: "a cut", fault: cutAfter(10) },
  ];

  const orders = [...names, ...names].flatMap((_, at) => [
    [at % 3, (at + (at < 3 ? 1 : 2)) % 3, (at + (at < 3 ? 2 : 1)) % 3],
  ]);

  test.for(orders.flatMap((order) => failures.map((failure) => ({ order, ...failure }))))(
    "in the order $order, when those before the last fail with $name",
    async ({ order, fault }) => {
      await using stack = new AsyncDisposableStack();
      const fakes: { readonly name: string; readonly fake: FakeRegistry; readonly own: readonly string[] }[] = [];
      for (const name of names) {
        const own = { me: secrets[name] ?? "" };
        const authentication =
          name === "two"
            ? ({ kind: "bearer", issuer: createTokenIssuer({ users: own }) } as const)
            : ({ kind: "basic", users: own } as const);
        const fake = stack.use(await startRegistry({ authentication }));
        putImage(fake);
        fakes.push({ name, fake, own: formsOf(secrets[name] ?? "", "me") });
      }
      const ordered = order.flatMap((at) => fakes[at] ?? []);
      for (const { fake } of ordered.slice(0, -1)) fake.wrap(when(/ \/v2\//, afterAuthorization(fault)));
      const keychain: Keychain = {
        find: async ({ domain: asked }) => {
          const owner = fakes.find(({ fake }) => fake.host === asked);
          return owner === undefined
            ? undefined
            : { kind: "basic", username: "me", password: new Secret(secrets[owner.name] ?? "") };
        },
      };
      const hosts = planOf(...ordered.map(({ fake }) => fake));
      await using registry = openHttpRegistry({ ...hasty, hosts, keychain });
      const outcomes = await pullAll(registry, domain);
      expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "fulfilled"]);
      for (const { fake, name, own } of fakes) {
        expect(showsOf(own, fake.requests)).not.toEqual([]);
        const others = fakes.filter((one) => one.name !== name).flatMap((one) => one.own);
        expect(showsOf(others, fake.requests)).toEqual([]);
      }
    },
  );
});

/** Fails only those who have shown who they are, so that they do. */
function afterAuthorization(fault: Fault): Fault {
  return async (request, next) =>
    request.headers.authorization === undefined ? await next(request) : await fault(request, next);
}
