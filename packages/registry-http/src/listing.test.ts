import { Secret } from "@stowage/auth";
import { type Descriptor, digestOf, mediaTypes } from "@stowage/oci";
import {
  type FakeRegistry,
  type FakeRegistryOptions,
  type Fault,
  startRegistry,
  status,
  times,
  when,
  withBody,
  withHeaders,
} from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { encode, manifest, manifestBytes, manifestFields, path, putImage } from "./image.test.fixture.ts";
import { openHttpRegistry } from "./index.ts";
import { openAmong } from "./named-hosts.test.fixture.ts";

const credential = { kind: "basic", username: "me", password: new Secret("canary") } as const;

/** A registry with an image and some more tags, and a client. */
async function start(options: FakeRegistryOptions = {}, fault?: Fault) {
  const stack = new AsyncDisposableStack();
  const fake = stack.use(await startRegistry(options));
  putImage(fake);
  for (const tag of ["v2", "v3", "v4"])
    fake.addManifest(path, { bytes: manifestBytes, mediaType: manifest.mediaType }, tag);
  if (fault !== undefined) fake.wrap(fault);
  const registry = stack.use(openHttpRegistry({ retries: { firstMilliseconds: 1 } }));
  return { fake, registry, domain: fake.host, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

type Started = Awaited<ReturnType<typeof start>>;

const tagsOf = async ({ registry, domain }: Pick<Started, "registry" | "domain">, options = {}) =>
  await Array.fromAsync(registry.tags({ domain, path }, options));

describe("tags", () => {
  test.for([
    { what: "as the registry pages them", options: {}, pageSize: 2, requests: 2 },
    { what: "in pages of the caller's size", options: { pageSize: 1 }, pageSize: 10, requests: 4 },
    { what: "at once", options: {}, pageSize: 10, requests: 1 },
  ])("are listed $what", async ({ options, pageSize, requests }) => {
    await using started = await start({ pageSize });
    expect(await tagsOf(started, options)).toEqual(["v1", "v2", "v3", "v4"]);
    expect(started.fake.requests).toHaveLength(requests);
  });

  test("are asked for only as far as they are read", async () => {
    await using started = await start({ pageSize: 1 });
    for await (const tag of started.registry.tags({ domain: started.domain, path })) {
      expect(tag).toBe("v1");
      break;
    }
    expect(started.fake.requests).toHaveLength(1);
  });

  test("are none where the registry says null", async () => {
    await using started = await start({}, withBody(encode({ name: path, tags: null })));
    expect(await tagsOf(started)).toEqual([]);
  });

  test("go on after a page that failed for the moment", async () => {
    await using started = await start({ pageSize: 2 }, when(/last=/, times(1, status(503))));
    expect(await tagsOf(started)).toEqual(["v1", "v2", "v3", "v4"]);
  });

  test.for<{ what: string; fault: Fault }>([
    { what: "to itself", fault: withHeaders({ link: '<?n=1>; rel="next"' }) },
    {
      what: "to another origin",
      fault: withHeaders({ link: "<http://127.0.0.2:1/v2/team/app/tags/list?a>; rel=next" }),
    },
    { what: "to another repository", fault: withHeaders({ link: "</v2/team/other/tags/list?last=v1>; rel=next" }) },
    { what: "to no URL", fault: withHeaders({ link: "<http://[/>; rel=next" }) },
  ])("fail where a page links $what, and nobody is asked there", async ({ fault }) => {
    await using started = await start({ authentication: { kind: "basic", users: { me: "canary" } } }, fault);
    const refused = { code: "failed-precondition", message: expect.stringContaining("its next page is") };
    await expect(tagsOf(started, { pageSize: 1, credential })).rejects.toMatchObject(refused);
    expect(started.fake.requests.every(({ path: asked }) => asked === `/v2/${path}/tags/list?n=1`)).toBe(true);
  });

  test("fail where the pages have no end", async () => {
    let page = 0;
    const endless: Fault = async (request, next) =>
      await withHeaders({ link: `</v2/${path}/tags/list?page=${(page += 1)}>; rel=next` })(request, next);
    await using started = await start({}, endless);
    await expect(tagsOf(started)).rejects.toMatchObject({ code: "failed-precondition" });
  }, 120_000);

  test.for<{ what: string; body: Uint8Array }>([
    { what: "that is a page", body: new TextEncoder().encode("<html>") },
    { what: "without tags", body: encode({ name: path }) },
    { what: "with a tag that is none", body: encode({ tags: ["v1", "../../etc\u001b[2J"] }) },
    { what: "with a tag that is a number", body: encode({ tags: [7] }) },
    { what: "that is too long", body: encode({ tags: ["v".repeat(17 * 1024 * 1024)] }) },
  ])("fail on an answer $what", async ({ body }) => {
    await using started = await start({}, withBody(body));
    const error: unknown = await tagsOf(started).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "failed-precondition", failures: [{ host: started.domain }] });
    expect(String(error)).toMatch(/^\P{C}{20,600}$/u);
  });

  test.for([0, -1, 1.5])("are not asked for in pages of %d", async (pageSize) => {
    await using started = await start();
    await expect(tagsOf(started, { pageSize })).rejects.toMatchObject({ code: "invalid-argument" });
  });

  test("of a repository that is not there are not-found", async () => {
    await using started = await start();
    const tags = started.registry.tags({ domain: started.domain, path: "team/other" });
    await expect(Array.fromAsync(tags)).rejects.toMatchObject({ code: "not-found" });
  });

  test("stop with the reason of the signal", async () => {
    await using started = await start({ pageSize: 1 });
    const reason = new Error("enough");
    await expect(tagsOf(started, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe("find", () => {
  const find = async ({ registry, domain }: Started, named: { tag?: string; digest?: string } = { tag: "v1" }) =>
    await registry.find({ domain, path, ...named });

  test("tells what a tag names, by HEAD alone", async () => {
    await using started = await start();
    expect(await find(started)).toEqual(manifest);
    expect(started.fake.requests.map(({ method }) => method)).toEqual(["HEAD"]);
  });

  test.for<{ what: string; fault: Fault }>([
    { what: "HEAD is not allowed", fault: when(/^HEAD/, status(405)) },
    { what: "HEAD tells no digest", fault: when(/^HEAD/, withHeaders({ "docker-content-digest": "" })) },
    {
      what: "HEAD tells a digest of another kind",
      fault: when(/^HEAD/, withHeaders({ "docker-content-digest": "md5:00" })),
    },
    { what: "HEAD tells no length", fault: when(/^HEAD/, withHeaders({ "content-length": "" })) },
    { what: "HEAD tells no kind of document", fault: when(/^HEAD/, withHeaders({ "content-type": "" })) },
  ])("asks by GET where $what", async ({ fault }) => {
    await using started = await start({}, fault);
    expect(await find(started)).toEqual(manifest);
    expect(started.fake.requests.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
  });

  test.for([{ tag: "v9" }, { digest: digestOf("absent") }])("finds nothing for %j", async (named) => {
    await using started = await start();
    expect(await find(started, named)).toBeUndefined();
  });

  test.for(["sha256", "sha512"] as const)("tells what a %s digest names", async (algorithm) => {
    await using started = await start();
    const digest = digestOf(manifestBytes, algorithm);
    expect(await find(started, { tag: "v9", digest })).toEqual({ ...manifest, digest });
  });

  test("refuses another digest than the one it asked for", async () => {
    await using started = await start({}, withHeaders({ "docker-content-digest": digestOf("other") }));
    const refused = { code: "failed-precondition" };
    await expect(find(started, { digest: manifest.digest })).rejects.toMatchObject(refused);
  });

  test("says who refuses the caller", async () => {
    await using started = await start({ authentication: { kind: "basic", users: {} } });
    await expect(find(started)).rejects.toMatchObject({
      code: "unauthenticated",
      failures: [{ host: started.domain }],
    });
  });
});

describe("referrers", () => {
  const subject = manifest;
  const types = ["application/vnd.example.signature", "application/vnd.example.sbom"];

  /** Puts a referrer of each type in place; returns how a list describes them. */
  function putReferrers(fake: FakeRegistry): readonly Descriptor[] {
    return types.map((artifactType) => {
      const bytes = encode({ ...manifestFields, artifactType, subject, annotations: { is: artifactType } });
      const { mediaType, digest, size } = fake.addManifest(path, { bytes, mediaType: mediaTypes.ociManifest });
      return { mediaType, digest, size, artifactType, annotations: { is: artifactType } };
    });
  }

  function tagReferrers(fake: FakeRegistry, manifests: readonly unknown[]): void {
    const bytes = encode({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
    fake.addManifest(path, { bytes, mediaType: mediaTypes.ociIndex }, subject.digest.replace(":", "-"));
  }

  const list = async ({ registry, domain }: Pick<Started, "registry" | "domain">, options = {}) =>
    await Array.fromAsync(registry.referrers({ domain, path }, subject.digest, options));

  const byDigest = (one: Descriptor, other: Descriptor) => (one.digest < other.digest ? -1 : 1);

  test.for([{ pageSize: 1 }, {}])("are listed, with their types and annotations, with %j", async (options) => {
    await using started = await start(options);
    const put = putReferrers(started.fake);
    expect(await list(started)).toMatchObject(put.toSorted(byDigest));
  });

  test.for<{ what: string; fault: Fault }>([
    { what: "the registry filters", fault: async (request, next) => await next(request) },
    {
      what: "the registry only says that it filters",
      fault: async (request, next) => {
        const answer = await next({ ...request, path: request.path.replace(/\?.*/, "") });
        return { ...answer, headers: { ...answer.headers, "oci-filters-applied": "artifactType" } };
      },
    },
  ])("are those of one type, where $what", async ({ fault }) => {
    await using started = await start({}, fault);
    putReferrers(started.fake);
    const [artifactType] = types;
    expect(await list(started, { artifactType })).toMatchObject([{ artifactType }]);
    expect(started.fake.requests[0]?.path).toContain(`?artifactType=${encodeURIComponent(artifactType ?? "")}`);
  });

  test.for<{ what: string; options: FakeRegistryOptions; fault?: Fault }>([
    { what: "does not know the list", options: { referrers: false } },
    {
      what: "answers with something else",
      options: {},
      fault: when(/referrers/, status(200, "{}", { "content-type": "application/json" })),
    },
  ])("come from the tag where the registry $what", async ({ options, fault }) => {
    await using started = await start(options, fault);
    expect(await list(started)).toEqual([]);
    const put = putReferrers(started.fake);
    tagReferrers(started.fake, [...put, ...put]);
    expect(await list(started)).toMatchObject(put);
    const [artifactType] = types;
    expect(await list(started, { artifactType })).toMatchObject([{ artifactType }]);
  });

  test("are not looked for elsewhere when the registry fails", async () => {
    await using started = await start({}, when(/referrers/, status(403)));
    tagReferrers(started.fake, putReferrers(started.fake));
    await expect(list(started)).rejects.toMatchObject({ code: "permission-denied" });
  });

  test("are refused where an entry is none", async () => {
    const index = encode({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [{ digest: "sha256:../.." }] });
    await using started = await start({}, withBody(index));
    await expect(list(started)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  test("show no credential to another origin that a page links to", async () => {
    await using fake = await startRegistry({ authentication: { kind: "basic", users: { me: "canary" } } });
    await using other = await startRegistry();
    putImage(fake);
    putReferrers(fake);
    fake.wrap(when(/referrers/, withHeaders({ link: "<https://other.example/v2/>; rel=next" })));
    await using registry = openAmong({ "https://r.example": fake, "https://other.example": other });
    const listed = list({ registry, domain: "r.example" }, { credential });
    await expect(listed).rejects.toMatchObject({ code: "failed-precondition" });
    expect(other.requests).toEqual([]);
  });
});
