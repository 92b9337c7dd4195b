import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { start, text } from "./registry.test.fixture.ts";

/** All pages from `path` on, as the links lead. */
async function pagesOf(get: (path: string) => Promise<Response>, path: string): Promise<readonly unknown[]> {
  const response = await get(path);
  const [, next] = /^<([^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "") ?? [];
  const page: unknown = await response.json();
  return next === undefined ? [page] : [page, ...(await pagesOf(get, next))];
}

const tagged = async (pageSize?: number) => {
  const { registry, get } = await start(pageSize === undefined ? {} : { pageSize });
  for (const tag of ["v2", "V3", "v10"]) registry.addManifest("a/b", { bytes: text("{}"), mediaType: "a/b" }, tag);
  return { registry, get };
};

test.for([
  { query: "", pages: [["V3", "v1", "v10", "v2"]] },
  { query: "?n=3", pages: [["V3", "v1", "v10"], ["v2"]] },
  { query: "?n=4", pages: [["V3", "v1", "v10", "v2"]] },
  { query: "?n=2&last=v1", pages: [["v10", "v2"]] },
  { query: "?last=v10", pages: [["v2"]] },
  { query: "?n=0", pages: [[]] },
])("lists tags in pages for $query", async ({ query, pages }) => {
  const { registry, get } = await tagged();
  await using _ = registry;
  expect(await pagesOf(get, `/v2/a/b/tags/list${query}`)).toEqual(pages.map((tags) => ({ name: "a/b", tags })));
});

test("makes pages of its own accord", async () => {
  const { registry, get } = await tagged(3);
  await using _ = registry;
  expect(await pagesOf(get, "/v2/a/b/tags/list")).toHaveLength(2);
});

const mediaType = "application/vnd.oci.image.manifest.v1+json";
const subject = { mediaType, digest: digestOf("subject"), size: 7 };
const referrers = [
  { artifactType: "signature", subject, config: { mediaType: "none", digest: "", size: 2 } },
  { config: { mediaType: "sbom", digest: "", size: 2 }, subject, annotations: { by: "me" } },
  { artifactType: "signature", subject: { ...subject, digest: digestOf("other") } },
].map((fields) => text(JSON.stringify(fields)));

const referred = async (options: Parameters<typeof start>[0] = {}) => {
  const { registry, get } = await start(options);
  for (const bytes of referrers) registry.addManifest("a/b", { bytes, mediaType });
  return { registry, get };
};

test("lists the referrers of a digest as an index", async () => {
  const { registry, get } = await referred();
  await using _ = registry;
  const response = await get(`/v2/a/b/referrers/${subject.digest}`);
  expect(response.headers.get("content-type")).toBe("application/vnd.oci.image.index.v1+json");
  const [signature, sbom] = referrers.map((bytes) => ({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }));
  const { manifests } = Object(await response.json());
  expect(manifests).toHaveLength(2);
  expect(manifests).toContainEqual({ ...signature, artifactType: "signature" });
  expect(manifests).toContainEqual({ ...sbom, artifactType: "sbom", annotations: { by: "me" } });
});

test("lists the referrers of one artifact type, and says so", async () => {
  const { registry, get } = await referred();
  await using _ = registry;
  const response = await get(`/v2/a/b/referrers/${subject.digest}?artifactType=sbom`);
  expect(response.headers.get("oci-filters-applied")).toBe("artifactType");
  expect(await response.json()).toMatchObject({ manifests: [{ artifactType: "sbom" }] });
});

test("lists referrers in pages", async () => {
  const { registry, get } = await referred({ pageSize: 1 });
  await using _ = registry;
  const pages = await pagesOf(get, `/v2/a/b/referrers/${subject.digest}`);
  expect(pages).toMatchObject([{ manifests: [{}] }, { manifests: [{}] }]);
});

test.for([
  { what: "has no referrers of a digest that nothing refers to", digest: digestOf("x"), status: 200, options: {} },
  { what: "refuses what is no digest", digest: "v1", status: 400, options: {} },
  { what: "has no such page", digest: subject.digest, status: 404, options: { referrers: false } },
])("$what: $status", async ({ digest, status, options }) => {
  const { registry, get } = await referred(options);
  await using _ = registry;
  const response = await get(`/v2/a/b/referrers/${digest}`);
  expect(response.status).toBe(status);
  if (status === 200) expect(await response.json()).toMatchObject({ manifests: [] });
});
