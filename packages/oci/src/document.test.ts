import { StowageError } from "@stowage/errors";
import { assert, json, property, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { decodeDocument, digestOf, maxDocumentBytes, mediaTypes } from "./index.ts";

const config = { mediaType: mediaTypes.ociConfig, digest: digestOf("config"), size: 6 };
const layer = { mediaType: mediaTypes.ociLayerGzip, digest: digestOf("layer"), size: 5 };
const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] };
const index = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [
    {
      mediaType: mediaTypes.ociManifest,
      digest: digestOf("m"),
      size: 1,
      platform: { os: "linux", architecture: "arm64", variant: "v8" },
    },
  ],
};
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const without = (value: object, field: string) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== field));

test.for([
  { what: "an OCI manifest", document: manifest, claimed: mediaTypes.ociManifest, kind: "manifest" },
  {
    what: "an OCI manifest that only says itself what it is",
    document: manifest,
    claimed: undefined,
    kind: "manifest",
  },
  {
    what: "an OCI manifest served as plain JSON",
    document: manifest,
    claimed: "application/json; charset=utf-8",
    kind: "manifest",
  },
  {
    what: "an OCI manifest without a media type",
    document: without(manifest, "mediaType"),
    claimed: mediaTypes.ociManifest,
    kind: "manifest",
  },
  {
    what: "a docker manifest",
    document: { ...manifest, mediaType: mediaTypes.dockerManifest },
    claimed: mediaTypes.dockerManifest,
    kind: "manifest",
  },
  { what: "an OCI index", document: index, claimed: `${mediaTypes.ociIndex}; charset=utf-8`, kind: "index" },
  {
    what: "a docker manifest list",
    document: { ...index, mediaType: mediaTypes.dockerManifestList },
    claimed: undefined,
    kind: "index",
  },
])("reads $what", ({ document, claimed, kind }) => {
  expect(decodeDocument(encode(document), claimed)).toMatchObject({ kind });
});

test("keeps what a manifest says, and leaves inline data out", () => {
  const document = {
    ...manifest,
    layers: [{ ...layer, urls: ["http://elsewhere.example"], data: "AAAA" }],
    annotations: { a: "b" },
  };
  expect(decodeDocument(encode(document))).toEqual({
    kind: "manifest",
    mediaType: mediaTypes.ociManifest,
    config: { ...config, platform: undefined, annotations: undefined },
    layers: [{ ...layer, urls: ["http://elsewhere.example"], platform: undefined, annotations: undefined }],
    annotations: { a: "b" },
  });
});

// CVE-2021-41190: the same bytes must not be a manifest to one reader and an index to another
test.for([
  {
    what: "the fields of both kinds",
    document: { ...manifest, manifests: index.manifests },
    claimed: mediaTypes.ociManifest,
  },
  {
    what: "the fields of the other kind",
    document: { ...index, mediaType: mediaTypes.ociManifest },
    claimed: mediaTypes.ociManifest,
  },
  { what: "another media type than it was served with", document: manifest, claimed: mediaTypes.ociIndex },
  {
    what: "a key that some readers take for another",
    document: { ...manifest, Manifests: index.manifests },
    claimed: undefined,
  },
  { what: "nothing that says its kind", document: without(manifest, "mediaType"), claimed: "application/json" },
  { what: "schema 1 fields beside its own", document: { ...manifest, fsLayers: [] }, claimed: undefined },
])("refuses a document with $what", ({ document, claimed }) => {
  expect(() => decodeDocument(encode(document), claimed)).toThrow(StowageError);
});

test.for([
  {
    what: "schema 1",
    document: { schemaVersion: 1, fsLayers: [], history: [] },
    claimed: "application/vnd.docker.distribution.manifest.v1+prettyjws",
  },
  {
    what: "a layer digest that is a path",
    document: { ...manifest, layers: [{ ...layer, digest: "sha256:../../etc/passwd" }] },
    claimed: undefined,
  },
  { what: "a negative size", document: { ...manifest, layers: [{ ...layer, size: -1 }] }, claimed: undefined },
  {
    what: "a size that is no integer",
    document: { ...manifest, layers: [{ ...layer, size: 2 ** 60 }] },
    claimed: undefined,
  },
  {
    what: "too many layers",
    document: { ...manifest, layers: Array.from({ length: 501 }, () => layer) },
    claimed: undefined,
  },
  { what: "an array", document: [manifest], claimed: mediaTypes.ociManifest },
  { what: "schemaVersion 3", document: { ...manifest, schemaVersion: 3 }, claimed: undefined },
])("refuses $what", ({ document, claimed }) => {
  expect(() => decodeDocument(encode(document), claimed)).toThrow(
    expect.objectContaining({ code: "invalid-argument" }),
  );
});

test.for([
  { what: "a media type", document: { ...index, mediaType: "x\u001b[2J\n".repeat(100_000) } },
  { what: "a field", document: { ...manifest, annotations: { ["x\u001b[2J\n".repeat(100_000)]: 7 } } },
])("repeats little of $what that is a trap for terminals and trailers", ({ document }) => {
  const refused = expect(() => decodeDocument(encode(document)));
  refused.toThrow(expect.objectContaining({ code: "invalid-argument" }));
  refused.toThrow(/^[^\p{C}]{20,1500}$/u);
});

test("repeats little of the media type that a document came under", () => {
  const claimed = "x\u001b[2J".repeat(100_000);
  expect(() => decodeDocument(encode(manifest), claimed)).toThrow(/^[^\p{C}]{20,1500}$/u);
});

test.for([
  { what: "a manifest", document: (annotations: object) => ({ ...manifest, annotations }) },
  { what: "an index", document: (annotations: object) => ({ ...index, annotations }) },
  { what: "a layer", document: (annotations: object) => ({ ...manifest, layers: [{ ...layer, annotations }] }) },
])("takes 64 KiB of annotations of $what, and no more", ({ document }) => {
  const whole = { some: "x".repeat(32 * 1024 - 8), more: "\u00e9".repeat(16 * 1024) };
  expect(decodeDocument(encode(document(whole)))).toBeDefined();
  expect(() => decodeDocument(encode(document({ ...whole, x: "" })))).toThrow(
    expect.objectContaining({
      code: "invalid-argument",
      message: expect.stringContaining("expected at most 65536 bytes of keys and values"),
    }),
  );
});

test.for<unknown>([
  { os: "linux\u001b[2J", architecture: "amd64" },
  { os: "linux", architecture: "amd64/evil" },
  { os: "linux", architecture: "amd64", variant: "v".repeat(65) },
  { os: "", architecture: "amd64" },
  { os: 7, architecture: "amd64" },
  "linux/amd64",
])("an entry for %j can not be chosen, and the others of its index can", (platform) => {
  const [entry] = index.manifests;
  const read = decodeDocument(encode({ ...index, manifests: [{ ...entry, platform }, entry] }));
  const offers = read.kind === "index" ? read.manifests : [];
  expect(offers.map((offer) => offer.platform)).toEqual([undefined, { os: "linux", architecture: "arm64" }]);
});

test.for(["constructor", "__proto__", "valueOf"])("reads an entry for the architecture %s", (architecture) => {
  const [entry] = index.manifests;
  const read = decodeDocument(encode({ ...index, manifests: [{ ...entry, platform: { os: "linux", architecture } }] }));
  expect(read).toMatchObject({ manifests: [{ platform: { os: "linux", architecture: architecture.toLowerCase() } }] });
});

test("a version of the operating system that is odd is left out", () => {
  const platform = { os: "windows", architecture: "amd64", "os.version": "10\n" };
  const read = decodeDocument(encode({ ...index, manifests: [{ ...index.manifests[0], platform }] }));
  expect(read).toMatchObject({ manifests: [{ platform: { os: "windows", architecture: "amd64" } }] });
});

test("refuses more bytes than a manifest may have", () => {
  const long = { ...manifest, annotations: { long: "x".repeat(maxDocumentBytes) } };
  expect(() => decodeDocument(encode(long))).toThrow(/at most 4194304/);
});

test("any bytes give a document or a StowageError", () => {
  const decode = (bytes: Uint8Array) => {
    try {
      decodeDocument(bytes, mediaTypes.ociManifest);
    } catch (error) {
      expect(error).toBeInstanceOf(StowageError);
    }
  };
  assert(property(uint8Array(), decode));
  assert(property(json(), (text) => decode(new TextEncoder().encode(text))));
});
