import type { IncomingMessage } from "node:http";
import { type RequestOptions, request } from "node:https";
import { digestOf } from "@stowage/oci";
import { describe, expect, test } from "vitest";
import { createTokenIssuer, makeCertificates } from "./index.ts";
import { image, start } from "./registry.test.fixture.ts";

describe("startRegistry", () => {
  test("serves documents by tag and by either digest", async () => {
    const { registry, descriptor, get } = await start();
    await using _ = registry;
    for (const name of ["v1", descriptor.digest, digestOf(image.root.bytes, "sha512")]) {
      const response = await get(`/v2/a/b/manifests/${name}`);
      expect(response.headers.get("content-type")).toBe(image.root.mediaType);
      expect(response.headers.get("docker-content-digest")).toBe(name === "v1" ? descriptor.digest : name);
      expect(await response.text()).toBe('{"root":true}');
    }
  });

  test("serves blobs, tags and the base page, and answers HEAD without a body", async () => {
    const { registry, get } = await start();
    await using _ = registry;
    expect(await (await get(`/v2/a/b/blobs/${digestOf("layer")}`)).text()).toBe("layer");
    expect(await (await get("/v2/a/b/tags/list")).json()).toEqual({ name: "a/b", tags: ["v1"] });
    expect((await get("/v2/")).status).toBe(200);
    const head = await get(`/v2/a/b/blobs/${digestOf("layer")}`, { method: "HEAD" });
    expect([head.headers.get("content-length"), await head.text()]).toEqual(["5", ""]);
  });

  test.for([
    { path: "/v2/a/b/manifests/v2", code: "MANIFEST_UNKNOWN" },
    { path: "/v2/a/c/manifests/v1", code: "MANIFEST_UNKNOWN" },
    { path: `/v2/a/b/blobs/${digestOf("other")}`, code: "BLOB_UNKNOWN" },
    { path: "/v2/a/c/tags/list", code: "NAME_UNKNOWN" },
  ])("answers $path with 404 and $code", async ({ path, code }) => {
    const { registry, get } = await start();
    await using _ = registry;
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ errors: [{ code }] });
  });

  test("keeps what it was asked", async () => {
    const { registry, get } = await start();
    await using _ = registry;
    await get("/v2/?a=b", { headers: { "x-canary": "1" } });
    expect(registry.requests).toMatchObject([{ method: "GET", path: "/v2/?a=b", headers: { "x-canary": "1" } }]);
    expect(registry.connections).toBe(1);
  });

  test("asks for a name and password", async () => {
    const { registry, get } = await start({ authentication: { kind: "basic", users: { me: "pw" } } });
    await using _ = registry;
    expect((await get("/v2/")).headers.get("www-authenticate")).toBe('Basic realm="fake"');
    expect((await get("/v2/", { headers: { authorization: `Basic ${btoa("me:no")}` } })).status).toBe(401);
    expect((await get("/v2/", { headers: { authorization: `Basic ${btoa("me:pw")}` } })).status).toBe(200);
  });

  test.for([
    { grant: "anonymous", how: {}, init: {} },
    { grant: "basic", how: { users: { me: "pw" } }, init: { headers: { authorization: `Basic ${btoa("me:pw")}` } } },
    {
      grant: "password",
      how: { users: { me: "pw" } },
      init: { method: "POST", body: `grant_type=password&username=me&password=pw&scope=repository:a/b:pull` },
    },
    {
      grant: "refresh_token",
      how: { refreshTokens: ["r"] },
      init: { method: "POST", body: "grant_type=refresh_token&refresh_token=r&scope=repository:a/b:pull" },
    },
  ])("trades $grant for a token of one repository", async ({ grant, how, init }) => {
    const issuer = createTokenIssuer(how);
    const { registry, get } = await start({ authentication: { kind: "bearer", issuer } });
    await using _ = registry;
    const asked = (await get("/v2/a/b/manifests/v1")).headers.get("www-authenticate");
    expect(asked).toBe(`Bearer realm="${registry.origin}/token",service="fake",scope="repository:a/b:pull"`);
    const { token } = Object(await (await get("/token?scope=repository:a/b:pull", init)).json());
    const headers = { authorization: `Bearer ${token}` };
    expect((await get("/v2/a/b/manifests/v1", { headers })).status).toBe(200);
    expect((await get("/v2/a/c/manifests/v1", { headers })).status).toBe(401);
    expect(issuer.requests).toMatchObject([{ grantType: grant, scopes: ["repository:a/b:pull"] }]);
    issuer.revoke();
    expect((await get("/v2/a/b/manifests/v1", { headers })).status).toBe(401);
  });

  test.for([
    { method: "GET", path: "/v2/a/b/manifests/v1", needs: "pull" },
    { method: "POST", path: "/v2/a/b/blobs/uploads/", needs: "pull,push" },
    { method: "DELETE", path: "/v2/a/b/manifests/v1", needs: "delete" },
  ])("lets those in who may $needs for $method $path", async ({ method, path, needs }) => {
    const { registry, get } = await start({ authentication: { kind: "bearer", issuer: createTokenIssuer() } });
    await using _ = registry;
    const ask = async (actions: string) => {
      const { token } = Object(await (await get(`/token?scope=repository:a/b:${actions}`)).json());
      return await get(path, { method, headers: { authorization: `Bearer ${token}` } });
    };
    const asked = (await get(path, { method })).headers.get("www-authenticate");
    expect(asked).toContain(`scope="repository:a/b:${needs}"`);
    const refused = await ask(needs === "pull" ? "push" : "pull");
    expect(refused.headers.get("www-authenticate")).toBe(`${asked},error="insufficient_scope"`);
    expect((await ask(needs)).ok).toBe(true);
  });

  test("gives no more than the issuer's actions", async () => {
    const authentication = { kind: "bearer", issuer: createTokenIssuer({ actions: ["pull"] }) } as const;
    const { registry, get } = await start({ authentication });
    await using _ = registry;
    const { token } = Object(await (await get("/token?scope=repository:a/b:pull,push")).json());
    const headers = { authorization: `Bearer ${token}` };
    expect((await get("/v2/a/b/manifests/v1", { headers })).status).toBe(200);
    expect((await get("/v2/a/b/blobs/uploads/", { method: "POST", headers })).status).toBe(401);
  });

  test.for([
    { refusesExpiredWith: 400, challenge: null },
    { refusesExpiredWith: 401, challenge: expect.stringContaining("Bearer realm=") },
    { refusesExpiredWith: 403, challenge: expect.stringContaining("insufficient_scope") },
  ] as const)("answers an expired bearer with $refusesExpiredWith", async ({ refusesExpiredWith, challenge }) => {
    const issuer = createTokenIssuer({ refusesExpiredWith });
    const { registry, get } = await start({ authentication: { kind: "bearer", issuer } });
    await using _ = registry;
    const { token } = Object(await (await get("/token?scope=repository:a/b:pull")).json());
    issuer.revoke();
    const response = await get("/v2/a/b/manifests/v1", { headers: { authorization: `Bearer ${token}` } });
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([refusesExpiredWith, challenge]);
  });

  test("keeps a body's bytes", async () => {
    const { registry, get } = await start();
    await using _ = registry;
    await get("/v2/a/b/manifests/v1", { method: "PUT", body: new Uint8Array([0xff, 0]) });
    expect(registry.requests.map(({ bytes }) => [...bytes])).toEqual([[0xff, 0]]);
  });
});

describe("over TLS", () => {
  const pages = async (port: number, settings: RequestOptions) => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ host: "127.0.0.1", port, path: "/v2/", agent: false, ...settings }, resolve)
        .on("error", reject)
        .end();
    });
    response.resume();
    return response.statusCode;
  };

  test("is believed by those who know its authority, and no others", async () => {
    const { ca, server } = await makeCertificates();
    const { registry } = await start({ tls: server });
    await using _ = registry;
    const port = Number(new URL(registry.origin).port);
    expect(registry.origin).toBe(`https://${registry.host}`);
    expect(await pages(port, { ca })).toBe(200);
    expect(await pages(port, { ca, host: "localhost", family: 4 })).toBe(200);
    await expect(pages(port, {})).rejects.toThrow();
  });

  test.for([
    { required: true, how: "refuses" },
    { required: false, how: "lets in" },
  ])("$how those who show no certificate where one is required: $required", async ({ required }) => {
    const { ca, server, client } = await makeCertificates();
    const { registry } = await start({ tls: { ...server, ca, requireClientCertificate: required } });
    await using _ = registry;
    const port = Number(new URL(registry.origin).port);
    expect(await pages(port, { ca, ...client })).toBe(200);
    expect(registry.requests).toMatchObject([{ clientCertificate: "client" }]);
    if (required) await expect(pages(port, { ca })).rejects.toThrow();
    else expect(await pages(port, { ca })).toBe(200);
    expect(registry.requests[1]?.clientCertificate).toBeUndefined();
  });
});
