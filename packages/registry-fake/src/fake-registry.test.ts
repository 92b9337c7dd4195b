import { digestOf } from "@stowage/oci";
import { describe, expect, test } from "vitest";
import {
  createTokenIssuer,
  cutAfter,
  endlessBody,
  lyingDigest,
  redirectBlobsTo,
  slow,
  stallAfter,
  startRegistry,
  status,
  times,
  when,
  withBody,
} from "./index.ts";

const text = (content: string) => new TextEncoder().encode(content);
const image = {
  root: { bytes: text('{"root":true}'), mediaType: "application/vnd.oci.image.index.v1+json" },
  documents: [{ bytes: text('{"root":false}'), mediaType: "application/vnd.oci.image.manifest.v1+json" }],
  blobs: [text("config"), text("layer")],
};

async function start(options?: Parameters<typeof startRegistry>[0]) {
  const registry = await startRegistry(options);
  const descriptor = registry.putImage("a/b", "v1", image);
  return { registry, descriptor, get: (path: string, init?: RequestInit) => fetch(registry.origin + path, init) };
}

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
});

describe("a fault", () => {
  const layer = `/v2/a/b/blobs/${digestOf("layer")}`;

  test("gives another answer, for some requests, some times", async () => {
    const { registry, get } = await start();
    await using _ = registry;
    registry.wrap(when(/blobs/, times(1, status(503, "busy", { "retry-after": "1" }))));
    expect((await get("/v2/a/b/manifests/v1")).status).toBe(200);
    expect((await get(layer)).headers.get("retry-after")).toBe("1");
    expect((await get(layer)).status).toBe(200);
  });

  test("is gone when it is disposed of", async () => {
    const { registry, get } = await start();
    await using _ = registry;
    registry.wrap(status(500))[Symbol.dispose]();
    expect((await get("/v2/")).status).toBe(200);
  });

  test("lies about the digest or the body", async () => {
    const { registry, get } = await start();
    await using _ = registry;
    registry.wrap(lyingDigest("sha256:0"));
    registry.wrap(withBody(text("other")));
    const response = await get("/v2/a/b/manifests/v1");
    expect([response.headers.get("docker-content-digest"), await response.text()]).toEqual(["sha256:0", "other"]);
  });

  test("cuts the connection", async () => {
    const { registry, get } = await start();
    await using _ = registry;
    registry.wrap(cutAfter(2));
    const response = await get(layer);
    expect(response.headers.get("content-length")).toBe("5");
    await expect(response.text()).rejects.toThrow();
  });

  test("stalls, answers late, or never ends, and the registry still stops", async () => {
    const { registry, get } = await start();
    {
      await using _ = registry;
      registry.wrap(when(/v1/, stallAfter(2)));
      registry.wrap(when(/blobs/, endlessBody()));
      registry.wrap(slow(20));
      for (const path of ["/v2/a/b/manifests/v1", layer]) {
        const reader = (await get(path)).body?.getReader();
        expect((await reader?.read())?.done).toBe(false);
      }
    }
    await expect(get("/v2/")).rejects.toThrow();
  });

  test("sends those who want a blob to another origin", async () => {
    const { registry, get } = await start();
    await using _ = registry;
    registry.wrap(redirectBlobsTo("http://127.0.0.1:1", 303));
    const response = await get(layer, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([303, `http://127.0.0.1:1${layer}`]);
    expect((await get("/v2/a/b/manifests/v1")).status).toBe(200);
  });
});
