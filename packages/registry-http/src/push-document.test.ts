import { Secret } from "@stowage/auth";
import { type Digest, digestOf, mediaTypes } from "@stowage/oci";
import type { PushedDocument } from "@stowage/registry";
import {
  createTokenIssuer,
  type FakeRegistryOptions,
  type Fault,
  startRegistry,
  status,
  when,
  withHeaders,
} from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { encode, manifest, manifestBytes, manifestFields, path, putImage } from "./image.test.fixture.ts";
import { openHttpRegistry } from "./index.ts";

/** A registry that has the blobs of the image, and a client. */
async function start(options: FakeRegistryOptions = {}) {
  const stack = new AsyncDisposableStack();
  const fake = stack.use(await startRegistry(options));
  putImage(fake);
  const registry = stack.use(openHttpRegistry({ retries: { firstMilliseconds: 1 } }));
  return { fake, registry, domain: fake.host, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const bytes = encode({ ...manifestFields, annotations: { is: "new" } });
const pushed = { bytes, mediaType: mediaTypes.ociManifest };
const descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.byteLength };

describe("a document is pushed", () => {
  test.for<{ under: { tag?: string; digest?: Digest }; digest: Digest }>([
    { under: { tag: "v2" }, digest: descriptor.digest },
    { under: {}, digest: descriptor.digest },
    { under: { tag: "v2", digest: digestOf(bytes, "sha512") }, digest: digestOf(bytes, "sha512") },
    { under: { digest: digestOf(bytes, "sha512") }, digest: digestOf(bytes, "sha512") },
  ])("under $under", async ({ under, digest }) => {
    await using started = await start();
    const { registry, domain } = started;
    expect(await registry.pushDocument({ domain, path, ...under }, pushed)).toEqual({ ...descriptor, digest });
    const named = under.tag === undefined ? { digest } : { tag: under.tag };
    expect((await registry.resolve({ domain, path, ...named })).bytes).toEqual(Buffer.from(bytes));
  });

  test.for<{ what: string; document: PushedDocument; digest?: Digest; code: string }>([
    { what: "is another one than was named", document: pushed, digest: digestOf("other"), code: "failed-precondition" },
    { what: "is called an index", document: { ...pushed, mediaType: mediaTypes.ociIndex }, code: "invalid-argument" },
    { what: "is no document", document: { ...pushed, bytes: encode({}) }, code: "invalid-argument" },
  ])("but not where it $what, and the registry is not asked", async ({ document, digest, code }) => {
    await using started = await start();
    const under = digest === undefined ? {} : { digest };
    const push = started.registry.pushDocument({ domain: started.domain, path, tag: "v2", ...under }, document);
    await expect(push).rejects.toMatchObject({ code });
    expect(started.fake.requests).toEqual([]);
  });

  test.for<{ what: string; fault: Fault; code: string }>([
    {
      what: "calls it otherwise",
      fault: withHeaders({ "docker-content-digest": digestOf("other") }),
      code: "failed-precondition",
    },
    { what: "does not accept it", fault: status(400, '{"errors":[{"code":"NO"}]}'), code: "invalid-argument" },
    { what: "sends it on with a 303", fault: status(303, "", { location: "/v2/" }), code: "unavailable" },
  ])("but fails where the registry $what", async ({ fault, code }) => {
    await using started = await start();
    started.fake.wrap(when(/^PUT/, fault));
    const push = started.registry.pushDocument({ domain: started.domain, path, tag: "v2" }, pushed);
    await expect(push).rejects.toMatchObject({ code, message: expect.stringContaining(started.domain) });
  });

  test("stops with the reason of the signal", async () => {
    await using started = await start();
    const reason = new Error("enough");
    const options = { signal: AbortSignal.abort(reason) };
    const { registry, domain } = started;
    await expect(registry.pushDocument({ domain, path, tag: "v2" }, pushed, options)).rejects.toBe(reason);
  });
});

describe("a document with a subject", () => {
  const referrer = (name: string) => ({
    bytes: encode({ ...manifestFields, artifactType: `type/${name}`, subject: manifest, annotations: { name } }),
    mediaType: mediaTypes.ociManifest,
  });
  const names = ["one", "two", "three"];
  const tag = manifest.digest.replace(":", "-");

  test.for([
    { referrers: true, tagged: false },
    { referrers: false, tagged: true },
  ])("is a referrer from then on, where the registry lists them: $referrers", async ({ referrers, tagged }) => {
    await using started = await start({ referrers });
    const { registry, domain } = started;
    for (const name of ["one", "two", "two"]) await registry.pushDocument({ domain, path }, referrer(name));
    const listed = await Array.fromAsync(registry.referrers({ domain, path }, manifest.digest));
    const known = listed.map(({ artifactType, annotations }) => [artifactType, annotations?.["name"]]);
    expect(known.toSorted(byName)).toEqual([
      ["type/one", "one"],
      ["type/two", "two"],
    ]);
    expect((await registry.find({ domain, path, tag })) !== undefined).toBe(tagged);
  });

  test("is not lost where several are pushed at once", async () => {
    await using started = await start({ referrers: false });
    const { registry, domain } = started;
    await Promise.all(names.map((name) => registry.pushDocument({ domain, path }, referrer(name))));
    const listed = await Array.fromAsync(registry.referrers({ domain, path }, manifest.digest));
    expect(listed.map(({ artifactType }) => artifactType).toSorted(byName)).toEqual([
      "type/one",
      "type/three",
      "type/two",
    ]);
  });

  test("leaves what others wrote into the index as it is", async () => {
    await using started = await start({ referrers: false });
    const entry = { ...manifest, artifactType: "type/other", data: "AAAA", "x.extra": 1 };
    const index = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [entry],
      annotations: { by: "others" },
    };
    started.fake.addManifest(path, { bytes: encode(index), mediaType: mediaTypes.ociIndex }, tag);
    const { registry, domain } = started;
    await registry.pushDocument({ domain, path }, referrer("one"));
    const found = await registry.resolve({ domain, path, tag });
    const { manifests, ...others } = JSON.parse(new TextDecoder().decode(found.bytes));
    expect(others).toMatchObject({ annotations: { by: "others" } });
    expect(manifests).toEqual([entry, expect.objectContaining({ artifactType: "type/one" })]);
  });
});

function byName(one: unknown, other: unknown): number {
  return String(one) < String(other) ? -1 : 1;
}

describe("removing", () => {
  test("a tag leaves the manifest", async () => {
    await using started = await start();
    const { registry, domain } = started;
    await registry.remove({ domain, path, tag: "v1" });
    expect(await registry.find({ domain, path, tag: "v1" })).toBeUndefined();
    expect(await registry.find({ domain, path, digest: manifest.digest })).toEqual(manifest);
  });

  test("a digest takes its tags along, whatever tag is beside it", async () => {
    await using started = await start();
    const { registry, domain } = started;
    await registry.remove({ domain, path, tag: "other", digest: manifest.digest });
    expect(await registry.find({ domain, path, tag: "v1" })).toBeUndefined();
  });

  test("a blob takes it away", async () => {
    await using started = await start();
    const { registry, domain } = started;
    const digest = started.fake.addBlob(manifestBytes);
    await registry.removeBlob({ domain, path }, digest);
    await expect(registry.removeBlob({ domain, path }, digest)).rejects.toMatchObject({ code: "not-found" });
  });

  test("what is not there is not-found", async () => {
    await using started = await start();
    const removed = started.registry.remove({ domain: started.domain, path, tag: "v9" });
    await expect(removed).rejects.toMatchObject({ code: "not-found" });
  });

  test("is told to be not allowed, with the registry's words", async () => {
    await using started = await start();
    started.fake.wrap(status(405, '{"errors":[{"code":"UNSUPPORTED","message":"not here"}]}'));
    const text = "it does not allow it: it answers 405 Method Not Allowed (UNSUPPORTED: not here)";
    const refused = { code: "failed-precondition", message: expect.stringContaining(text) };
    const reference = { domain: started.domain, path, tag: "v1" };
    await expect(started.registry.remove(reference)).rejects.toMatchObject(refused);
  });

  test("asks for a token that allows it", async () => {
    const issuer = createTokenIssuer({ users: { me: "canary" } });
    await using started = await start({ authentication: { kind: "bearer", issuer } });
    const credential = { kind: "basic", username: "me", password: new Secret("canary") } as const;
    await started.registry.remove({ domain: started.domain, path, tag: "v1" }, { credential });
    expect(issuer.requests.map(({ scopes }) => scopes)).toEqual([[`repository:${path}:delete`]]);
  });
});
