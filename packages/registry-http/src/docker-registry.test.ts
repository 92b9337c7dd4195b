import { type Credential, Secret } from "@stowage/auth";
import { digestOf, mediaTypes } from "@stowage/oci";
import type { HostTrust, PushBlobOptions, RegistryHost } from "@stowage/registry";
import { type Certificates, makeCertificates } from "@stowage/registry-fake";
import { beforeAll, describe, expect, test } from "vitest";
import { startDockerRegistry, whyNoDockerRegistry } from "./docker-registry.test.fixture.ts";
import { configBytes, layer, layerBytes, manifest, manifestBytes, path } from "./image.test.fixture.ts";
import { type HttpRegistry, openHttpRegistry } from "./index.ts";
import { issuerName, startSigningTokenServer } from "./signing-token-server.test.fixture.ts";

const why = whyNoDockerRegistry();

const credentialOf = (password: string): Credential => ({
  kind: "basic",
  username: "me",
  password: new Secret(password),
});
const me = credentialOf("canary password");
const htpasswd = "me:$2y$05$stowagestowagestowageuL3hM8BGYGuxAejl.aKiAZ7dK1Odj7za"; // bcrypt of my password

type Asked = PushBlobOptions & { readonly registry: HttpRegistry; readonly domain: string };

const givenOf = (bytes: Uint8Array) => ({
  digest: digestOf(bytes),
  size: bytes.byteLength,
  open: async function* (from: number) {
    for (let at = from; at < bytes.byteLength; at += 50_000) yield bytes.subarray(at, at + 50_000);
  },
});

/** Pushes the image as `v1`. */
async function pushImage({ registry, domain, ...options }: Asked): Promise<void> {
  for (const bytes of [configBytes, layerBytes]) {
    expect(await registry.pushBlob({ domain, path }, givenOf(bytes), options)).toBe("pushed");
  }
  const pushed = { bytes: manifestBytes, mediaType: mediaTypes.ociManifest };
  expect(await registry.pushDocument({ domain, path, tag: "v1" }, pushed, options)).toEqual(manifest);
}

/** Pulls it, and says whether it is the same. */
async function pulls({ registry, domain, ...options }: Asked): Promise<boolean> {
  const { descriptor } = await registry.resolve({ domain, path, tag: "v1" }, options);
  const read = Buffer.concat(await Array.fromAsync(registry.blob({ domain, path }, layer, options)));
  return descriptor.digest === manifest.digest && read.equals(layerBytes);
}

describe.skipIf(why !== "")(`Debian's docker-registry${why}`, () => {
  test.for([undefined, 100_001])("takes an image in chunks of %s, and gives it back", async (chunkBytes) => {
    await using server = await startDockerRegistry();
    await using registry = openHttpRegistry();
    const asked = { registry, domain: server.host };
    await pushImage({ ...asked, chunkBytes });
    expect(await pulls(asked)).toBe(true);
    expect(await registry.pushBlob({ domain: server.host, path }, givenOf(layerBytes))).toBe("present");
  });

  test("takes a blob without bytes", async () => {
    await using server = await startDockerRegistry();
    await using registry = openHttpRegistry();
    const repository = { domain: server.host, path };
    for (const chunkBytes of [undefined, 10]) {
      const nothing = givenOf(new Uint8Array());
      const outcome = await registry.pushBlob({ ...repository, path: `a/b${chunkBytes}` }, nothing, { chunkBytes });
      expect(outcome).toBe("pushed");
    }
  });

  test("mounts a blob from another repository", async () => {
    await using server = await startDockerRegistry();
    await using registry = openHttpRegistry();
    const domain = server.host;
    await pushImage({ registry, domain });
    const other = { domain, path: "team/other" };
    expect(await registry.pushBlob(other, givenOf(layerBytes), { mountFrom: path })).toBe("mounted");
    expect(await registry.pushBlob(other, givenOf(configBytes), { mountFrom: "team/empty" })).toBe("pushed");
    const read = Buffer.concat(await Array.fromAsync(registry.blob(other, layer)));
    expect(read.equals(layerBytes)).toBe(true);
  });

  test.for([undefined, 100_000])(
    "keeps nothing of other bytes than were named, in chunks of %s",
    async (chunkBytes) => {
      await using server = await startDockerRegistry();
      await using registry = openHttpRegistry();
      const repository = { domain: server.host, path };
      const others = givenOf(layerBytes.map((byte) => byte ^ 1));
      const pushed = registry.pushBlob(repository, { ...others, digest: layer.digest }, { chunkBytes });
      await expect(pushed).rejects.toMatchObject({ code: "failed-precondition" });
      await expect(Array.fromAsync(registry.blob(repository, layer))).rejects.toMatchObject({ code: "not-found" });
    },
  );

  test("lists tags in pages, and finds what they name", async () => {
    await using server = await startDockerRegistry();
    await using registry = openHttpRegistry();
    const domain = server.host;
    await pushImage({ registry, domain });
    const pushed = { bytes: manifestBytes, mediaType: mediaTypes.ociManifest };
    for (const tag of ["v2", "v3"]) await registry.pushDocument({ domain, path, tag }, pushed);
    const tags = await Array.fromAsync(registry.tags({ domain, path }, { pageSize: 2 }));
    expect(tags.toSorted((one, other) => (one < other ? -1 : 1))).toEqual(["v1", "v2", "v3"]);
    expect(await registry.find({ domain, path, tag: "v3" })).toEqual(manifest);
    expect(await registry.find({ domain, path, tag: "v9" })).toBeUndefined();
  });

  test("keeps referrers under their tag, as it does not know them itself", async () => {
    await using server = await startDockerRegistry();
    await using registry = openHttpRegistry();
    const domain = server.host;
    await pushImage({ registry, domain });
    expect(await Array.fromAsync(registry.referrers({ domain, path }, manifest.digest))).toEqual([]);
    const fields = JSON.parse(new TextDecoder().decode(manifestBytes));
    const bytes = new TextEncoder().encode(JSON.stringify({ ...fields, subject: manifest, artifactType: "a/b" }));
    const signature = await registry.pushDocument({ domain, path }, { bytes, mediaType: mediaTypes.ociManifest });
    expect(await Array.fromAsync(registry.referrers({ domain, path }, manifest.digest))).toMatchObject([
      { ...signature, artifactType: "a/b" },
    ]);
  });

  test("removes manifests and blobs where it is allowed to", async () => {
    await using server = await startDockerRegistry({ deletes: true });
    await using registry = openHttpRegistry();
    const domain = server.host;
    await pushImage({ registry, domain });
    await registry.remove({ domain, path, digest: manifest.digest });
    expect(await registry.find({ domain, path, tag: "v1" })).toBeUndefined();
    await registry.removeBlob({ domain, path }, layer.digest);
    const again = registry.removeBlob({ domain, path }, layer.digest);
    await expect(again).rejects.toMatchObject({ code: "not-found" });
  });

  test("says where it removes nothing", async () => {
    await using server = await startDockerRegistry();
    await using registry = openHttpRegistry();
    const domain = server.host;
    await pushImage({ registry, domain });
    const refused = { code: "failed-precondition", message: expect.stringContaining("it does not allow it") };
    await expect(registry.remove({ domain, path, digest: manifest.digest })).rejects.toMatchObject(refused);
    await expect(registry.removeBlob({ domain, path }, layer.digest)).rejects.toMatchObject(refused);
  });

  test("lets in who knows the password of its htpasswd file", async () => {
    await using server = await startDockerRegistry({ htpasswd });
    await using registry = openHttpRegistry();
    const asked = { registry, domain: server.host };
    await pushImage({ ...asked, credential: me });
    expect(await pulls({ ...asked, credential: me })).toBe(true);
    const refused = { code: "unauthenticated", failures: [{ host: server.host }] };
    await expect(pulls({ ...asked, credential: credentialOf("wrong") })).rejects.toMatchObject(refused);
    await expect(pulls(asked)).rejects.toMatchObject(refused);
  });
});

describe.skipIf(why !== "")(`Debian's docker-registry with certificates${why}`, () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
  });

  /** A client that knows one host, and whom to believe there. */
  const openTrusting = (host: string, trust: Partial<HostTrust>) => {
    const all = { authorities: [], identities: [], anyCertificate: false, ...trust };
    const url = new URL(`https://${host}/v2`);
    const capabilities = new Set(["pull", "resolve", "push", "referrers"] as const);
    const plan = async (): Promise<readonly RegistryHost[]> => [
      { url, path, role: "origin", capabilities, trust: all },
    ];
    return openHttpRegistry({ hosts: { plan }, retries: { rounds: 1 } });
  };

  test("takes and gives with tokens that somebody else signs", async () => {
    const users = { me: "canary password" };
    await using tokens = await startSigningTokenServer({ users, signer: certificates.server });
    const token = { realm: tokens.realm, service: "test", issuer: issuerName, certificates: certificates.ca };
    await using server = await startDockerRegistry({ token, deletes: true });
    await using registry = openHttpRegistry();
    const domain = server.host;
    const asked = { registry, domain, credential: me };
    await pushImage({ ...asked, chunkBytes: 100_000 });
    expect(tokens.scopes).toEqual([[`repository:${path}:pull,push`]]);
    expect(await pulls(asked)).toBe(true);
    const mounted = registry.pushBlob({ domain, path: "team/other" }, givenOf(layerBytes), {
      credential: me,
      mountFrom: path,
    });
    expect(await mounted).toBe("mounted");
    await registry.remove({ domain, path, digest: manifest.digest }, { credential: me });
    const refused = { code: "unauthenticated" };
    await expect(pulls({ ...asked, credential: credentialOf("wrong") })).rejects.toMatchObject(refused);
  });

  test("is believed by its own authority, and not without", async () => {
    await using server = await startDockerRegistry({ tls: certificates.server });
    await using trusting = openTrusting(server.host, { authorities: [certificates.ca] });
    await pushImage({ registry: trusting, domain: server.host });
    expect(await pulls({ registry: trusting, domain: server.host })).toBe(true);
    await using doubting = openTrusting(server.host, {});
    await expect(pulls({ registry: doubting, domain: server.host })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("its certificate is signed by an unknown authority"),
    });
  });

  test("is shown a certificate where it asks for one", async () => {
    const tls = { ...certificates.server, clientAuthority: certificates.ca };
    await using server = await startDockerRegistry({ tls });
    const { cert: certificate, key } = certificates.client;
    const authorities = [certificates.ca];
    await using known = openTrusting(server.host, { authorities, identities: [{ certificate, key: new Secret(key) }] });
    await pushImage({ registry: known, domain: server.host });
    expect(await pulls({ registry: known, domain: server.host })).toBe(true);
    await using unknown = openTrusting(server.host, { authorities });
    await expect(pulls({ registry: unknown, domain: server.host })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("it does not let us in without a client certificate that it knows"),
    });
  });
});
