import { type Descriptor, digestOf, mediaTypes } from "@stowage/oci";
import { describe, expect, test } from "vitest";
import type { Registry } from "./registry.ts";

/** The image that a registry must have for `describeRegistry`: under `tag` in the repository `path`. */
export interface RegistryFixture {
  readonly path: string;
  readonly tag: string;
  /** An index, whose one entry is `documents[0]`. */
  readonly root: FixtureDocument;
  readonly documents: readonly FixtureDocument[];
  readonly blobs: readonly Uint8Array[];
}

export interface FixtureDocument {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** A `Registry`, and the domain under which it finds what the fixture has. */
export interface OpenedRegistry extends AsyncDisposable {
  readonly registry: Registry;
  readonly domain: string;
}

/** What every `Registry` promises. Each adapter's tests call this with a way to open one that has the fixture. */
export function describeRegistry(name: string, open: (fixture: RegistryFixture) => Promise<OpenedRegistry>): void {
  describe(`${name} keeps the promises of Registry`, () => {
    test("resolves a tag to the document that it names", async () => {
      await using opened = await open(fixture);
      const found = await opened.registry.resolve({ domain: opened.domain, path, tag: "v1" });
      expect(found).toMatchObject({ descriptor: index, document: { kind: "index", manifests: [manifest] } });
      expect(new Uint8Array(found.bytes)).toEqual(fixture.root.bytes);
    });

    test.for(["sha256", "sha512"] as const)("resolves a %s digest, whatever the tag beside it", async (algorithm) => {
      await using opened = await open(fixture);
      const digest = digestOf(manifestBytes, algorithm);
      const found = await opened.registry.resolve({ domain: opened.domain, path, tag: "v1", digest });
      expect(found).toMatchObject({ descriptor: { ...manifest, digest }, document: { kind: "manifest" } });
    });

    test("reads a document that a descriptor describes", async () => {
      await using opened = await open(fixture);
      const found = await opened.registry.document({ domain: opened.domain, path }, manifest);
      expect(found).toMatchObject({ descriptor: manifest, document: { kind: "manifest", layers: [layer] } });
    });

    test("reads a blob, again and from two readers at once", async () => {
      await using opened = await open(fixture);
      const read = async () => {
        const chunks = await Array.fromAsync(opened.registry.blob({ domain: opened.domain, path }, layer));
        return digestOf(Buffer.concat(chunks));
      };
      expect([...(await Promise.all([read(), read()])), await read()]).toEqual([
        layer.digest,
        layer.digest,
        layer.digest,
      ]);
    });

    test("lets a reader leave early, and serves the next", async () => {
      await using opened = await open(fixture);
      for await (const chunk of opened.registry.blob({ domain: opened.domain, path }, layer)) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
      expect(await opened.registry.resolve({ domain: opened.domain, path, tag: "v1" })).toMatchObject({
        descriptor: index,
      });
    });

    test.for<{ what: string; ask: Ask }>([
      { what: "a tag", ask: ({ registry, domain }) => registry.resolve({ domain, path, tag: "v2" }) },
      {
        what: "a repository",
        ask: ({ registry, domain }) => registry.resolve({ domain, path: "team/other", tag: "v1" }),
      },
      {
        what: "a document",
        ask: ({ registry, domain }) => registry.document({ domain, path }, { ...manifest, digest: absent }),
      },
      {
        what: "a blob",
        ask: ({ registry, domain }) => Array.fromAsync(registry.blob({ domain, path }, { ...layer, digest: absent })),
      },
    ])("says not-found of $what that it does not have", async ({ ask }) => {
      await using opened = await open(fixture);
      await expect(ask(opened)).rejects.toMatchObject({ code: "not-found" });
    });

    test.for([-1, 1])("refuses bytes that are not of the size that was named, by %d", async (difference) => {
      await using opened = await open(fixture);
      const other = (want: Descriptor) => ({ ...want, size: want.size + difference });
      const repository = { domain: opened.domain, path };
      const refused = { code: "failed-precondition" };
      await expect(opened.registry.document(repository, other(manifest))).rejects.toMatchObject(refused);
      await expect(Array.fromAsync(opened.registry.blob(repository, other(layer)))).rejects.toMatchObject(refused);
    });

    test("stops with the reason of the signal", async () => {
      await using opened = await open(fixture);
      const { registry, domain } = opened;
      const reason = new Error("enough");
      const options = { signal: AbortSignal.abort(reason) };
      await expect(registry.resolve({ domain, path, tag: "v1" }, options)).rejects.toBe(reason);
      await expect(registry.document({ domain, path }, manifest, options)).rejects.toBe(reason);
      await expect(Array.fromAsync(registry.blob({ domain, path }, layer, options))).rejects.toBe(reason);
    });

    test("stops in the middle of a blob with the reason of the signal", async () => {
      await using opened = await open(fixture);
      const reason = new Error("enough");
      const controller = new AbortController();
      const reading = async () => {
        const blob = opened.registry.blob({ domain: opened.domain, path }, layer, { signal: controller.signal });
        for await (const _ of blob) controller.abort(reason);
      };
      await expect(reading()).rejects.toBe(reason);
    });
  });
}

type Ask = (opened: OpenedRegistry) => Promise<unknown>;

const path = "team/app";
const absent = digestOf("absent");

/** Large enough to come in more than one piece. */
const layerBytes = new Uint8Array(4_000_000).map((_, at) => (at * 31) % 251);
const configBytes = encode({
  os: "linux",
  architecture: "amd64",
  rootfs: { type: "layers", diff_ids: [digestOf(layerBytes)] },
});
const layer = describeBytes(layerBytes, mediaTypes.ociLayer);
const manifestBytes = encode({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: describeBytes(configBytes, mediaTypes.ociConfig),
  layers: [layer],
});
const manifest = describeBytes(manifestBytes, mediaTypes.ociManifest);
const indexBytes = encode({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [manifest] });
const index = describeBytes(indexBytes, mediaTypes.ociIndex);

const fixture: RegistryFixture = {
  path,
  tag: "v1",
  root: { bytes: indexBytes, mediaType: mediaTypes.ociIndex },
  documents: [{ bytes: manifestBytes, mediaType: mediaTypes.ociManifest }],
  blobs: [configBytes, layerBytes],
};

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function describeBytes(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
}
