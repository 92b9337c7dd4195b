import { digestOf, maxDocumentBytes, mediaTypes } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { endlessBody, type Fault, lyingDigest, startRegistry, withBody, withHeaders } from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { encode, manifest, manifestBytes, manifestFields, path, putImage } from "./image.test.fixture.ts";
import { openHttpRegistry } from "./index.ts";

/** What comes of pulling `team/app` by tag, by digest and by descriptor where the registry has `fault`. */
async function pullWith(fault: Fault) {
  await using fake = await startRegistry();
  putImage(fake);
  fake.wrap(fault);
  await using registry = openHttpRegistry();
  const repository = { domain: fake.host, path };
  const outcomes = await Promise.allSettled([
    registry.resolve({ ...repository, tag: "v1" }),
    registry.resolve({ ...repository, digest: manifest.digest }),
    registry.document(repository, manifest),
  ]);
  return outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value.descriptor.digest : outcome.reason));
}

const failed = (code: string, text = "") => expect.objectContaining({ code, message: expect.stringContaining(text) });
const all = (outcome: unknown) => [outcome, outcome, outcome];
const stacked =
  (outer: Fault, inner: Fault): Fault =>
  (request, next) =>
    outer(request, (same) => inner(same, next));
/** What the kernel's socket buffers may take in. */
const buffersOnTheWay = 8 * 1024 * 1024;
const other = encode({ ...manifestFields, annotations: { evil: "yes" } });

describe("a lying Docker-Content-Digest", () => {
  test.for([
    { what: "of other bytes", digest: digestOf("other") },
    { what: "of other bytes, by sha512", digest: digestOf("other", "sha512") },
    { what: "in upper case", digest: manifest.digest.toUpperCase() },
    { what: "that leads elsewhere (CVE-2024-3727)", digest: "sha256:../../../etc/passwd" },
    { what: "by md5 (CVE-2024-37032)", digest: "md5:d41d8cd98f00b204e9800998ecf8427e" },
    { what: "cut short", digest: manifest.digest.slice(0, -1) },
  ])("$what is refused by tag, digest and descriptor", async ({ digest }) => {
    expect(await pullWith(lyingDigest(digest))).toEqual(all(failed("failed-precondition")));
  });

  test("cannot give other bytes a name", async () => {
    const named = (digest: string): Fault => stacked(lyingDigest(digest), withBody(other));
    const byTagAlone = [digestOf(other), failed("failed-precondition"), failed("failed-precondition")];
    expect(await pullWith(named(manifest.digest))).toEqual(all(failed("failed-precondition")));
    expect(await pullWith(named(digestOf(other)))).toEqual(byTagAlone);
    expect(await pullWith(named(""))).toEqual(byTagAlone);
  });

  test.for(["", digestOf(manifestBytes)])("that is %j is none", async (digest) => {
    expect(await pullWith(lyingDigest(digest))).toEqual(all(manifest.digest));
  });

  test("by sha512 names the bytes if it is theirs", async () => {
    const digest = digestOf(manifestBytes, "sha512");
    expect(await pullWith(lyingDigest(digest))).toEqual([digest, manifest.digest, manifest.digest]);
  });
});

test("a sha384 digest is refused before any request", async () => {
  await using fake = await startRegistry();
  await using registry = openHttpRegistry();
  const reference = parseReference(`${fake.host}/${path}@sha384:${"0".repeat(96)}`);
  await expect(registry.resolve(reference)).rejects.toEqual(failed("invalid-argument", "sha256 and sha512"));
  expect(fake.requests).toEqual([]);
});

describe("CVE-2023-25153, CVE-2020-1702: a manifest", () => {
  test("without an end is cut at the limit", async () => {
    const [byTag, byDigest, byDescriptor] = await pullWith(endlessBody());
    expect(byTag).toEqual(failed("invalid-argument", `more than ${maxDocumentBytes} bytes`));
    expect(byDigest).toEqual(failed("invalid-argument", `more than ${maxDocumentBytes} bytes`));
    expect(byDescriptor).toEqual(failed("failed-precondition", `more than ${manifest.size} bytes`));
  });

  test("without an end is not read on beyond it", async () => {
    let sent = 0;
    const endless = async function* () {
      for (const block = new Uint8Array(64 * 1024); ; sent += block.byteLength) yield block;
    };
    await pullWith(async () => ({ status: 200, headers: {}, body: endless() }));
    expect(sent).toBeLessThan(3 * (maxDocumentBytes + buffersOnTheWay));
  });

  test("of four MiB is read, and one more byte is too much", async () => {
    const full = encode({ ...manifestFields, filler: "" });
    const filled = Buffer.from(
      Buffer.from(full)
        .toString()
        .replace('""', `"${" ".repeat(maxDocumentBytes - full.byteLength)}"`),
    );
    expect(filled.byteLength).toBe(maxDocumentBytes);
    const unnamed = (body: Uint8Array): Fault => stacked(lyingDigest(""), withBody(body));
    expect((await pullWith(unnamed(filled)))[0]).toBe(digestOf(filled));
    expect((await pullWith(unnamed(Buffer.concat([filled, Buffer.from(" ")]))))[0]).toEqual(failed("invalid-argument"));
  });

  test("that is described as larger than the limit is not asked for", async () => {
    await using fake = await startRegistry();
    await using registry = openHttpRegistry();
    const huge = { ...manifest, size: maxDocumentBytes + 1 };
    await expect(registry.document({ domain: fake.host, path }, huge)).rejects.toEqual(failed("invalid-argument"));
    expect(fake.requests).toEqual([]);
  });
});

describe("CVE-2021-41190: a document that could be read as two kinds", () => {
  const { mediaType: _, ...untyped } = manifestFields;

  test.for<{ what: string; fields: unknown; contentType: string; read: boolean }>([
    { what: "a manifest served as an index", fields: manifestFields, contentType: mediaTypes.ociIndex, read: false },
    {
      what: "a manifest served as docker's",
      fields: manifestFields,
      contentType: mediaTypes.dockerManifest,
      read: false,
    },
    {
      what: "a manifest with manifests",
      fields: { ...manifestFields, manifests: [] },
      contentType: mediaTypes.ociManifest,
      read: false,
    },
    { what: "an untyped manifest served as an index", fields: untyped, contentType: mediaTypes.ociIndex, read: false },
    { what: "an untyped manifest served as JSON", fields: untyped, contentType: "application/json", read: false },
    { what: "an untyped manifest served as nothing", fields: untyped, contentType: "", read: false },
    { what: "an untyped manifest served as one", fields: untyped, contentType: mediaTypes.ociManifest, read: true },
    { what: "a typed manifest served as nothing", fields: manifestFields, contentType: "", read: true },
    {
      what: "a typed manifest served with parameters",
      fields: manifestFields,
      contentType: `${mediaTypes.ociManifest}; charset=utf-8`,
      read: true,
    },
    { what: "a manifest served as a page", fields: untyped, contentType: "text/html", read: false },
    {
      what: "an artifact's config type alone",
      fields: { schemaVersion: 2, mediaType: "application/vnd.oci.artifact.manifest.v1+json" },
      contentType: "",
      read: false,
    },
  ])("$what is read: $read", async ({ fields, contentType, read }) => {
    await using fake = await startRegistry();
    const { digest } = fake.addManifest(path, { bytes: encode(fields), mediaType: contentType }, "v1");
    fake.wrap(withHeaders({ "content-type": contentType }));
    await using registry = openHttpRegistry();
    const outcome = registry.resolve({ domain: fake.host, path, tag: "v1" });
    if (read) expect((await outcome).descriptor).toMatchObject({ digest, mediaType: mediaTypes.ociManifest });
    else await expect(outcome).rejects.toEqual(failed("invalid-argument"));
  });

  test("is refused where its descriptor says another kind", async () => {
    await using fake = await startRegistry();
    putImage(fake);
    await using registry = openHttpRegistry();
    const wrong = { ...manifest, mediaType: mediaTypes.dockerManifest };
    await expect(registry.document({ domain: fake.host, path }, wrong)).rejects.toEqual(failed("invalid-argument"));
  });
});

test.for([
  "application/vnd.docker.distribution.manifest.v1+prettyjws",
  "application/vnd.docker.distribution.manifest.v1+json",
])("a schema 1 manifest (%s) is named as such", async (contentType) => {
  const outcomes = await pullWith(withHeaders({ "content-type": contentType }));
  expect(outcomes).toEqual(all(failed("invalid-argument", "as a docker schema 1 manifest only")));
});

test("range tricks: a Content-Encoding is refused", async () => {
  expect(await pullWith(withHeaders({ "content-encoding": "gzip" }))).toEqual(
    all(failed("failed-precondition", "gzip")),
  );
  expect(await pullWith(withHeaders({ "content-encoding": "identity" }))).toEqual(all(manifest.digest));
});

test("a request says what it takes, and who asks", async () => {
  await using fake = await startRegistry();
  putImage(fake);
  await using registry = openHttpRegistry({ userAgent: "stowage/1.0" });
  await registry.resolve({ domain: fake.host, path, tag: "v1" });
  expect(fake.requests).toMatchObject([
    {
      method: "GET",
      path: `/v2/${path}/manifests/v1`,
      headers: { "accept-encoding": "identity", "user-agent": "stowage/1.0" },
    },
  ]);
  for (const type of [
    mediaTypes.ociIndex,
    mediaTypes.ociManifest,
    mediaTypes.dockerManifest,
    mediaTypes.dockerManifestList,
  ]) {
    expect(fake.requests[0]?.headers.accept).toContain(type);
  }
});
