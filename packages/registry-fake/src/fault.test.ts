import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import {
  badBody,
  changedEtag,
  contentEncoding,
  cutAfter,
  dropConnection,
  endlessBody,
  lyingDigest,
  redirectBlobsTo,
  redirectTo,
  slow,
  stallAfter,
  status,
  times,
  tooManyRequests,
  trickle,
  when,
  withBody,
  withoutRanges,
  wrongContentRange,
} from "./index.ts";
import { start, text } from "./registry.test.fixture.ts";

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

test("sends readers on where they would have got something, and writers at once", async () => {
  const { registry, get } = await start();
  await using _ = registry;
  registry.wrap(redirectTo(({ method }) => `http://127.0.0.1:1/${method}`, 302));
  const location = async (path: string, method: string) =>
    (await get(path, { method, redirect: "manual" })).headers.get("location");
  expect(await location("/v2/a/b/manifests/v1", "GET")).toBe("http://127.0.0.1:1/GET");
  expect(await location("/v2/a/b/manifests/v2", "GET")).toBeNull();
  expect(await location("/v2/a/b/manifests/v1", "DELETE")).toBe("http://127.0.0.1:1/DELETE");
  expect((await get("/v2/a/b/manifests/v1", { method: "HEAD", redirect: "manual" })).status).toBe(302);
});

test("drops the connection without an answer", async () => {
  const { registry, get } = await start();
  await using _ = registry;
  registry.wrap(times(1, dropConnection()));
  await expect(get("/v2/")).rejects.toThrow();
  expect((await get("/v2/")).status).toBe(200);
});

test("has too many requests for a while", async () => {
  const { registry, get } = await start();
  await using _ = registry;
  registry.wrap(tooManyRequests({ retryAfter: "3", count: 2 }));
  const [first, second, third] = [await get("/v2/"), await get("/v2/"), await get("/v2/")];
  expect([first.status, first.headers.get("retry-after")]).toEqual([429, "3"]);
  expect(await second.json()).toMatchObject({ errors: [{ code: "TOOMANYREQUESTS" }] });
  expect(third.status).toBe(200);
});

test("changes one byte of the body", async () => {
  const { registry, get } = await start();
  await using _ = registry;
  registry.wrap(badBody(4));
  const body = new Uint8Array(await (await get(layer)).arrayBuffer());
  expect([...body]).toEqual([...text("laye"), 0xff ^ "r".charCodeAt(0)]);
});

test.for([
  { name: "gzip", got: "layer" },
  { name: "br", got: "layer" },
])("really encodes the body as $name", async ({ name, got }) => {
  const { registry, get } = await start();
  await using _ = registry;
  registry.wrap(contentEncoding(name));
  const response = await get(layer);
  expect([response.headers.get("content-encoding"), await response.text()]).toEqual([name, got]);
  expect(response.headers.get("content-length")).not.toBe("5");
});

test("sends the body in small pieces", async () => {
  const { registry, get } = await start();
  await using _ = registry;
  registry.wrap(trickle(40));
  const pieces = await Array.fromAsync((await get(layer)).body ?? []);
  expect(pieces.length).toBeGreaterThan(1);
  expect(Buffer.concat(pieces).toString()).toBe("layer");
});

const from2 = { headers: { range: "bytes=2-", "if-range": `"${digestOf("layer")}"` } };

test("ignores ranges", async () => {
  const { registry, get } = await start();
  await using _ = registry;
  registry.wrap(withoutRanges());
  const response = await get(layer, from2);
  expect([response.status, response.headers.get("accept-ranges"), await response.text()]).toEqual([200, null, "layer"]);
});

test("tells another range than it sends", async () => {
  const { registry, get } = await start();
  await using _ = registry;
  registry.wrap(wrongContentRange(-1));
  const response = await get(layer, from2);
  expect([response.headers.get("content-range"), await response.text()]).toEqual(["bytes 1-3/5", "yer"]);
});

test("has another entity tag from the second request on, which If-Range does not meet", async () => {
  const { registry, get } = await start();
  await using _ = registry;
  registry.wrap(changedEtag());
  const etag = (await get(layer)).headers.get("etag");
  const again = await get(layer, from2);
  expect(etag).toBe(`"${digestOf("layer")}"`);
  expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([200, '"changed"', "layer"]);
  const careless = await get(layer, { headers: { range: "bytes=2-" } });
  expect([careless.status, careless.headers.get("etag")]).toEqual([206, '"changed"']);
});

test("cuts a part of a blob, too", async () => {
  const { registry, get } = await start();
  await using _ = registry;
  registry.wrap(cutAfter(1));
  const response = await get(layer, from2);
  expect([response.status, response.headers.get("content-length")]).toEqual([206, "3"]);
  await expect(response.text()).rejects.toThrow();
});
