import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { start } from "./registry.test.fixture.ts";

const mediaType = "application/vnd.oci.image.manifest.v1+json";
const configType = "application/vnd.example.config";
const config = { mediaType: configType, digest: digestOf("config"), size: 6 };
const subject = { mediaType, digest: digestOf("subject"), size: 7 };
const manifest = (fields: object = {}) =>
  JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [], ...fields });
const put = (body: string, type = mediaType) => ({ method: "PUT", body, headers: { "content-type": type } });

test.for(["v9", digestOf(manifest()), digestOf(manifest(), "sha512")])("keeps a manifest as %s", async (name) => {
  const { registry, get } = await start();
  await using _ = registry;
  const response = await get(`/v2/a/b/manifests/${name}`, put(manifest()));
  const digest = name === "v9" ? digestOf(manifest()) : name;
  expect([response.status, response.headers.get("docker-content-digest")]).toEqual([201, digest]);
  const kept = await get(`/v2/a/b/manifests/${name}`);
  expect([kept.headers.get("content-type"), await kept.text()]).toEqual([mediaType, manifest()]);
});

test.for([
  { what: "under another digest", name: digestOf("other"), init: put(manifest()), code: "DIGEST_INVALID" },
  { what: "that is not JSON", name: "v9", init: put("{"), code: "MANIFEST_INVALID" },
  { what: "of another type than it says", name: "v9", init: put(manifest(), "a/b"), code: "MANIFEST_INVALID" },
  {
    what: "without its layers",
    name: "v9",
    init: put(manifest({ layers: [subject] })),
    code: "MANIFEST_BLOB_UNKNOWN",
  },
  {
    what: "without its manifests",
    name: "v9",
    init: put(manifest({ manifests: [subject] })),
    code: "MANIFEST_BLOB_UNKNOWN",
  },
])("refuses a manifest $what", async ({ name, init, code }) => {
  const { registry, get } = await start();
  await using _ = registry;
  expect(await (await get(`/v2/a/b/manifests/${name}`, init)).json()).toMatchObject({ errors: [{ code }] });
  expect((await get(`/v2/a/b/manifests/${name}`)).status).toBe(404);
});

test.for([
  { referrers: true, told: subject.digest },
  { referrers: false, told: null },
])("tells the subject that it has seen where referrers are known: $referrers", async ({ referrers, told }) => {
  const { registry, get } = await start({ referrers });
  await using _ = registry;
  const response = await get("/v2/a/b/manifests/v9", put(manifest({ subject })));
  expect([response.status, response.headers.get("oci-subject")]).toEqual([201, told]);
});

test("takes away a tag alone, or a manifest with its tags", async () => {
  const { registry, descriptor, get } = await start();
  await using _ = registry;
  const statusOf = async (name: string, method = "GET") => (await get(`/v2/a/b/manifests/${name}`, { method })).status;
  registry.addManifest("a/b", { bytes: new TextEncoder().encode('{"root":true}'), mediaType }, "v2");
  expect([await statusOf("v1", "DELETE"), await statusOf("v1"), await statusOf("v2")]).toEqual([202, 404, 200]);
  expect(await statusOf(descriptor.digest, "DELETE")).toBe(202);
  expect([await statusOf(descriptor.digest), await statusOf("v2"), await statusOf("v2", "DELETE")]).toEqual([
    404, 404, 404,
  ]);
  expect(await (await get("/v2/a/b/tags/list")).json()).toEqual({ name: "a/b", tags: [] });
});
