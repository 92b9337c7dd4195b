import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { start } from "./registry.test.fixture.ts";

const uploads = "/v2/c/d/blobs/uploads/";

/** Begins an upload; asks about it where the last answer said. */
async function begin(options?: Parameters<typeof start>[0]) {
  const { registry, get } = await start(options);
  const begun = await get(uploads, { method: "POST" });
  let location = begun.headers.get("location") ?? "";
  const ask = async (method: string, { body, range, digest }: Asked = {}) => {
    const query = digest === undefined ? "" : `&digest=${digest}`;
    const headers = range === undefined ? {} : { "content-range": range };
    const response = await get(location + query, { method, headers, ...(body === undefined ? {} : { body }) });
    location = response.headers.get("location") ?? location;
    return { status: response.status, range: response.headers.get("range"), response };
  };
  const read = async (content: string) => (await get(`/v2/c/d/blobs/${digestOf(content)}`)).text();
  return { registry, get, begun, ask, read };
}

interface Asked {
  readonly body?: string;
  readonly range?: string;
  readonly digest?: string;
}

test("takes a blob in one PUT", async () => {
  const { registry, get, begun, ask, read } = await begin();
  await using _ = registry;
  expect(begun.status).toBe(202);
  const { status, response } = await ask("PUT", { body: "pushed", digest: digestOf("pushed") });
  expect([status, response.headers.get("docker-content-digest")]).toEqual([201, digestOf("pushed")]);
  expect(response.headers.get("location")).toBe(`/v2/c/d/blobs/${digestOf("pushed")}`);
  expect(await read("pushed")).toBe("pushed");
  expect((await get(`/v2/a/b/blobs/${digestOf("pushed")}`)).status).toBe(404);
});

test("takes a blob in one POST", async () => {
  const { registry, get, read } = await begin();
  await using _ = registry;
  expect((await get(`${uploads}?digest=${digestOf("one")}`, { method: "POST", body: "one" })).status).toBe(201);
  expect(await read("one")).toBe("one");
});

test("takes a blob in chunks, and tells how far it has come", async () => {
  const { registry, ask, read } = await begin();
  await using _ = registry;
  expect(await ask("PATCH", { body: "abc", range: "0-2" })).toMatchObject({ status: 202, range: "0-2" });
  expect(await ask("GET")).toMatchObject({ status: 204, range: "0-2" });
  expect(await ask("PATCH", { body: "de" })).toMatchObject({ status: 202, range: "0-4" });
  expect((await ask("PUT", { body: "f", range: "5-5", digest: digestOf("abcdef") })).status).toBe(201);
  expect(await read("abcdef")).toBe("abcdef");
});

test.for(["4-6", "2-4", "3-4", "bytes 3-5/6"])("refuses the chunk %s after three bytes", async (range) => {
  const { registry, ask } = await begin();
  await using _ = registry;
  await ask("PATCH", { body: "abc" });
  expect(await ask("PATCH", { body: "def", range })).toMatchObject({ status: 416, range: "0-2" });
  expect((await ask("PUT", { digest: digestOf("abc") })).status).toBe(201);
});

test("refuses a chunk after one that was too short", async () => {
  const { registry, begun, ask } = await begin({ chunkMinLength: 3 });
  await using _ = registry;
  expect(begun.headers.get("oci-chunk-min-length")).toBe("3");
  expect((await ask("PATCH", { body: "abc" })).status).toBe(202);
  expect((await ask("PATCH", { body: "de" })).status).toBe(202);
  expect((await ask("PATCH", { body: "fgh" })).status).toBe(400);
});

test.for([digestOf("other"), "sha256:short", ""])("refuses bytes that are not %j", async (digest) => {
  const { registry, get, ask } = await begin();
  await using _ = registry;
  const { status, response } = await ask("PUT", { body: "pushed", digest });
  expect([status, await response.json()]).toMatchObject([400, { errors: [{ code: "DIGEST_INVALID" }] }]);
  expect((await get(`/v2/c/d/blobs/${digestOf("pushed")}`)).status).toBe(404);
});

test("forgets an upload that is cancelled, and knows none without the query of its location", async () => {
  const { registry, get, begun, ask } = await begin();
  await using _ = registry;
  const [path = ""] = (begun.headers.get("location") ?? "").split("?");
  expect((await get(path, { method: "PATCH", body: "abc" })).status).toBe(404);
  expect((await ask("DELETE")).status).toBe(204);
  expect((await ask("GET")).status).toBe(404);
});

test.for([
  { from: "e/f", status: 201 },
  { from: "g/h", status: 202 },
])("mounts a blob of e/f when asked for one of $from: $status", async ({ from, status }) => {
  const { registry, get } = await begin();
  await using _ = registry;
  const digest = digestOf("elsewhere");
  await get(`/v2/e/f/blobs/uploads/?digest=${digest}`, { method: "POST", body: "elsewhere" });
  expect((await get(`${uploads}?mount=${digest}&from=${from}`, { method: "POST" })).status).toBe(status);
  expect((await get(`/v2/c/d/blobs/${digest}`)).status).toBe(status === 201 ? 200 : 404);
});

test("deletes a blob", async () => {
  const { registry, get } = await begin();
  await using _ = registry;
  const path = `/v2/a/b/blobs/${digestOf("layer")}`;
  expect((await get(path, { method: "DELETE" })).status).toBe(202);
  expect((await get(path)).status).toBe(404);
  expect((await get(path, { method: "DELETE" })).status).toBe(404);
});
