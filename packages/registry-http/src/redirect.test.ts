import { inspect } from "node:util";
import { type Credential, Secret } from "@stowage/auth";
import {
  createTokenIssuer,
  type FakeRegistry,
  type Fault,
  redirectBlobsTo,
  startRegistry,
  status,
  when,
  withHeaders,
} from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { layer, layerBytes, path, putImage } from "./image.test.fixture.ts";
import { openHttpRegistry } from "./index.ts";
import { openAmong } from "./named-hosts.test.fixture.ts";

const me: Credential = { kind: "basic", username: "me", password: new Secret("canary") };
const users = { me: "canary" };
const seesSecrets = (fake: FakeRegistry) =>
  /authorization|cookie|canary|Y2FuYXJ5/i.test(inspect(fake.requests, { depth: null }));

const read = async (registry: ReturnType<typeof openHttpRegistry>, domain: string) =>
  Buffer.concat(await Array.fromAsync(registry.blob({ domain, path }, layer, { credential: me })));

/** Storage behind a registry that sets cookies. */
const cookies = withHeaders({ "set-cookie": "canary=1" });

describe("redirect leaks: a redirect", () => {
  test.for(
    ([301, 302, 303, 307, 308] as const).flatMap((code) =>
      (
        [
          { kind: "basic", users },
          { kind: "bearer", issuer: createTokenIssuer({ users }) },
        ] as const
      ).map((authentication) => ({
        code,
        kind: authentication.kind,
        authentication,
      })),
    ),
  )("with $code takes no $kind authorization and no cookie along", async ({ code, authentication }) => {
    await using fake = await startRegistry({ authentication });
    await using storage = await startRegistry();
    for (const one of [fake, storage]) putImage(one);
    fake.wrap(cookies);
    fake.wrap(redirectBlobsTo(storage.origin, code));
    await using registry = openHttpRegistry();
    expect((await read(registry, fake.host)).equals(layerBytes)).toBe(true);
    expect(storage.requests).toHaveLength(1);
    expect(seesSecrets(storage)).toBe(false);
  });

  test.for([
    { registry: "https://r.example", storage: "https://s.r.example" },
    { registry: "https://r.example", storage: "https://r.example:8443" },
    { registry: "https://r.example:8443", storage: "https://r.example" },
  ])("from $registry to $storage is one to another origin", async ({ registry: own, storage: other }) => {
    await using fake = await startRegistry({ authentication: { kind: "basic", users } });
    await using storage = await startRegistry();
    for (const one of [fake, storage]) putImage(one);
    fake.wrap(redirectBlobsTo(other));
    await using registry = openAmong({ [own]: fake, [other]: storage });
    expect((await read(registry, new URL(own).host)).equals(layerBytes)).toBe(true);
    expect(seesSecrets(storage)).toBe(false);
  });

  test("that comes back to the registry finds the authorization there alone", async () => {
    await using fake = await startRegistry({ authentication: { kind: "basic", users } });
    await using between = await startRegistry();
    putImage(fake);
    between.wrap(status(302, "", { location: `${fake.origin}/v2/${path}/blobs/${layer.digest}?back` }));
    fake.wrap(when(/blobs\/[^?]*$/, redirectAfter401(between.origin)));
    await using registry = openHttpRegistry();
    expect((await read(registry, fake.host)).equals(layerBytes)).toBe(true);
    expect(seesSecrets(between)).toBe(false);
  });

  test.for([
    { kind: "basic", users },
    { kind: "bearer", issuer: createTokenIssuer({ users }) },
  ] as const)("into a 401 shows no credentials, though that asks for $kind", async (authentication) => {
    await using fake = await startRegistry();
    await using trap = await startRegistry({ authentication });
    putImage(fake);
    fake.wrap(redirectBlobsTo(trap.origin));
    await using registry = openHttpRegistry();
    await expect(read(registry, fake.host)).rejects.toMatchObject({ code: "unauthenticated" });
    expect(seesSecrets(trap)).toBe(false);
  });

  test.for([
    { redirects: 10, ends: true },
    { redirects: 11, ends: false },
  ])("is followed up to ten times: $redirects", async ({ redirects, ends }) => {
    await using fake = await startRegistry();
    putImage(fake);
    let left = redirects;
    fake.wrap(async (request, next) => {
      left -= 1;
      return left < 0
        ? await next(request)
        : { status: 307, headers: { location: `?${left}` }, body: new Uint8Array() };
    });
    await using registry = openAmong({ "https://r.example": fake });
    if (ends) expect((await read(registry, "r.example")).equals(layerBytes)).toBe(true);
    else await expect(read(registry, "r.example")).rejects.toThrow("r.example: more than 10 redirects");
    expect(fake.requests).toHaveLength(11);
  });

  test.for([
    { location: "http://r.example/", text: "redirects from https to plain http at r.example" },
    { location: "http://s.example/?signature=canary", text: "redirects from https to plain http at s.example" },
    { location: "file:///etc/passwd", text: "redirects to no URL" },
    { location: "https://[/canary", text: "redirects to no URL" },
  ])("to $location is refused", async ({ location, text }) => {
    await using fake = await startRegistry();
    await using trap = await startRegistry();
    fake.wrap(status(307, "", { location }));
    await using registry = openAmong({ "https://r.example": fake, "http://r.example": trap, "http://s.example": trap });
    const error: unknown = await read(registry, "r.example").catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "unavailable", message: expect.stringContaining(text) });
    expect(inspect(error)).not.toContain("canary");
    expect(trap.requests).toEqual([]);
  });
});

describe("inner addresses: a redirect", () => {
  test.for([
    {
      registry: "https://r.example",
      location: "https://169.254.169.254/latest/meta-data",
      text: "is a link-local address",
    },
    {
      registry: "http://127.0.0.1",
      location: "http://169.254.169.254/latest/meta-data",
      text: "is a link-local address",
    },
    { registry: "https://r.example", location: "https://[fe80::1]/", text: "is a link-local address" },
    { registry: "https://r.example", location: "https://127.0.0.1:6443/", text: "is this machine" },
    { registry: "https://r.example", location: "https://localhost/", text: "is this machine" },
  ])("from $registry to $location is refused, unasked", async ({ registry: own, location, text }) => {
    await using fake = await startRegistry();
    await using trap = await startRegistry();
    fake.wrap(status(307, "", { location }));
    const options = { plainHttp: () => own.startsWith("http:") };
    await using registry = openAmong({ [own]: fake, [new URL(location).origin]: trap }, options);
    const failure = read(registry, new URL(own).host);
    await expect(failure).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining(text) });
    expect(trap.requests).toEqual([]);
  });

  test.for([400, 401, 403, 404, 500])("to another origin tells none of its words, with a %i", async (code) => {
    await using fake = await startRegistry();
    await using inner = await startRegistry();
    putImage(fake);
    const words = '{"errors":[{"code":"SECRET","message":"inner"}]}';
    fake.wrap(redirectBlobsTo("https://inner.example"));
    inner.wrap(status(code, words));
    await using registry = openAmong({ "https://r.example": fake, "https://inner.example": inner });
    const error: unknown = await read(registry, "r.example").catch((caught: unknown) => caught);
    expect(String(error)).toContain("inner.example");
    expect(String(error)).toContain(` answers ${code}`);
    expect(inspect(error, { depth: null })).not.toContain("SECRET");
    fake.wrap(status(code, words));
    if (code !== 401) await expect(read(registry, "r.example")).rejects.toThrow("SECRET: inner");
  });

  test.for([401, 500])("by way of a token server elsewhere tells none of its words, with a %i", async (code) => {
    await using fake = await startRegistry({
      authentication: { kind: "bearer", issuer: createTokenIssuer(), realm: "https://inner.example/token" },
    });
    await using inner = await startRegistry();
    inner.wrap(status(code, '{"error":"SECRET"}'));
    await using registry = openAmong({ "https://r.example": fake, "https://inner.example": inner });
    const error: unknown = await registry
      .resolve({ domain: "r.example", path, tag: "v1" })
      .catch((caught: unknown) => caught);
    expect(inner.requests).toHaveLength(1);
    expect(String(error)).toContain(`${code}`);
    expect(inspect(error, { depth: null })).not.toContain("SECRET");
  });
});

describe("CVE-2020-15157: the urls of a layer", () => {
  async function start() {
    const stack = new AsyncDisposableStack();
    const fake = stack.use(await startRegistry({ authentication: { kind: "basic", users } }));
    const elsewhere = stack.use(await startRegistry());
    const asking = stack.use(await startRegistry({ authentication: { kind: "basic", users } }));
    putImage(fake);
    elsewhere.addBlob(layerBytes);
    const names = {
      "https://r.example": fake,
      "https://elsewhere.example": elsewhere,
      "https://asking.example": asking,
    };
    const registry = stack.use(openAmong(names));
    const repository = { domain: "r.example", path };
    const urlAt = (host: string) => `https://${host}/v2/${path}/blobs/${layer.digest}`;
    return { stack, fake, elsewhere, asking, registry, repository, urlAt };
  }

  test("are not asked by themselves, whether the registry has it or not", async () => {
    const { stack, fake, elsewhere, registry, repository, urlAt } = await start();
    await using _ = stack;
    const want = { ...layer, urls: [urlAt("elsewhere.example")] };
    await Array.fromAsync(registry.blob(repository, want, { credential: me }));
    fake.wrap(status(404));
    await expect(Array.fromAsync(registry.blob(repository, want, { credential: me }))).rejects.toMatchObject({
      code: "not-found",
    });
    expect(elsewhere.requests).toEqual([]);
  });

  test("are asked where that is allowed and the registry does not have it, and get no credentials", async () => {
    const { stack, fake, elsewhere, asking, registry, repository, urlAt } = await start();
    await using _ = stack;
    const foreignUrls = [
      urlAt("asking.example"),
      "http://elsewhere.example/",
      "https://169.254.169.254/",
      urlAt("elsewhere.example"),
    ];
    const fetch = () => Array.fromAsync(registry.blob(repository, layer, { credential: me, foreignUrls }));
    await fetch();
    expect(elsewhere.requests).toEqual([]);
    fake.wrap(status(404));
    expect(Buffer.concat(await fetch()).equals(layerBytes)).toBe(true);
    expect(asking.requests).toHaveLength(1);
    for (const { headers } of [...asking.requests, ...elsewhere.requests])
      expect(headers.authorization).toBeUndefined();
  });
});

function redirectAfter401(origin: string): Fault {
  return async (request, next) => {
    const answer = await next(request);
    return answer.status === 401 ? answer : { status: 302, headers: { location: origin }, body: new Uint8Array() };
  };
}
