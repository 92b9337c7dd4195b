import { inspect } from "node:util";
import { Secret } from "@stowage/auth";
import { digestOf } from "@stowage/oci";
import type { PushBlobOptions } from "@stowage/registry";
import {
  createTokenIssuer,
  dropConnection,
  type FakeRegistryOptions,
  type Fault,
  startRegistry,
  status,
  times,
  when,
  withHeaders,
} from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { layer, layerBytes, path } from "./image.test.fixture.ts";
import { openHttpRegistry } from "./index.ts";
import { openAmong } from "./named-hosts.test.fixture.ts";

const credential = { kind: "basic", username: "me", password: new Secret("canary") } as const;
const users = { me: "canary" };

async function start(options: FakeRegistryOptions = {}) {
  const stack = new AsyncDisposableStack();
  const fake = stack.use(await startRegistry(options));
  const registry = stack.use(openHttpRegistry({ retries: { firstMilliseconds: 1 } }));
  return { fake, registry, domain: fake.host, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

type Started = Pick<Awaited<ReturnType<typeof start>>, "registry" | "domain">;

/** Pieces of an odd length, from an offset on; told of every opening. */
const piecesOf = (bytes: Uint8Array, opened: number[] = []) =>
  async function* (from: number) {
    opened.push(from);
    for (let at = from; at < bytes.byteLength; at += 17_001) yield bytes.subarray(at, at + 17_001);
  };

const push = async ({ registry, domain }: Started, options: PushBlobOptions = {}, open = piecesOf(layerBytes)) =>
  await registry.pushBlob({ domain, path }, { ...layer, open }, { credential, ...options });

const readBack = async ({ registry, domain }: Started) =>
  Buffer.concat(await Array.fromAsync(registry.blob({ domain, path }, layer, { credential }))).equals(layerBytes);

const asked = (fake: { requests: readonly { method: string }[] }) => fake.requests.map(({ method }) => method);

describe("a blob is pushed", () => {
  test("in one request, of its length", async () => {
    await using started = await start();
    expect(await push(started)).toBe("pushed");
    expect(asked(started.fake)).toEqual(["HEAD", "POST", "PUT"]);
    expect(started.fake.requests[2]?.headers).toMatchObject({ "content-length": String(layer.size) });
    expect(await readBack(started)).toBe(true);
  });

  test("in chunks of the caller's size, from one reading", async () => {
    await using started = await start();
    const opened: number[] = [];
    expect(await push(started, { chunkBytes: 100_001 }, piecesOf(layerBytes, opened))).toBe("pushed");
    expect(asked(started.fake)).toEqual(["HEAD", "POST", "PATCH", "PATCH", "PATCH", "PUT"]);
    expect(started.fake.requests[3]?.headers["content-range"]).toBe("100001-200001");
    expect(opened).toEqual([0]);
    expect(await readBack(started)).toBe(true);
  });

  test.for([
    { chunkBytes: undefined, patches: 1 },
    { chunkBytes: 1000, patches: 3 },
    { chunkBytes: 200_000, patches: 2 },
  ])("in chunks no smaller than the registry takes, $chunkBytes", async ({ chunkBytes, patches }) => {
    await using started = await start({ chunkMinLength: 120_000 });
    expect(await push(started, { chunkBytes })).toBe("pushed");
    expect(asked(started.fake).filter((method) => method === "PATCH")).toHaveLength(patches);
    expect(await readBack(started)).toBe(true);
  });

  test.for([undefined, 10])("though it has no bytes, in chunks of %s", async (chunkBytes) => {
    await using started = await start();
    const nothing = { digest: digestOf(""), size: 0 };
    const { registry, domain } = started;
    const pushed = registry.pushBlob(
      { domain, path },
      { ...nothing, open: piecesOf(new Uint8Array()) },
      { chunkBytes },
    );
    expect(await pushed).toBe("pushed");
    expect(await Array.fromAsync(registry.blob({ domain, path }, nothing))).toEqual([]);
  });

  test("no second time", async () => {
    await using started = await start();
    await push(started);
    const opened: number[] = [];
    expect(await push(started, {}, piecesOf(layerBytes, opened))).toBe("present");
    expect(opened).toEqual([]);
  });

  test.for([0, -1, 1.5])("not in chunks of %d bytes", async (chunkBytes) => {
    await using started = await start();
    await expect(push(started, { chunkBytes })).rejects.toMatchObject({ code: "invalid-argument" });
  });

  test("again from its start where the request is cut", async () => {
    await using started = await start();
    started.fake.wrap(when(/^PUT/, times(1, dropConnection())));
    const opened: number[] = [];
    expect(await push(started, {}, piecesOf(layerBytes, opened))).toBe("pushed");
    expect(opened).toEqual([0, 0]);
    expect(await readBack(started)).toBe(true);
  });

  test.for([408, 429, 500, 503])("again after a %i", async (code) => {
    await using started = await start();
    started.fake.wrap(when(/^(PUT|POST)/, times(2, status(code))));
    expect(await push(started)).toBe("pushed");
  });

  test("from where the registry has come to, where a chunk is cut", async () => {
    await using started = await start();
    let patches = 0;
    started.fake.wrap(
      when(/^PATCH/, async (request, next) => {
        patches += 1;
        if (patches !== 2) return await next(request);
        await next({ ...request, bytes: request.bytes.subarray(0, 30_000), headers: {} });
        throw new Error("cut");
      }),
    );
    const opened: number[] = [];
    expect(await push(started, { chunkBytes: 100_000 }, piecesOf(layerBytes, opened))).toBe("pushed");
    expect(opened).toEqual([0, 130_000]);
    expect(asked(started.fake)).toContain("GET");
    expect(await readBack(started)).toBe(true);
  });

  test("anew where the registry forgot the upload", async () => {
    await using started = await start();
    started.fake.wrap(when(/^PATCH/, times(1, status(404))));
    expect(await push(started, { chunkBytes: 100_000 })).toBe("pushed");
    expect(await readBack(started)).toBe(true);
  });

  test("not for ever, where it does not get any further", async () => {
    await using started = await start();
    started.fake.wrap(when(/^PATCH/, dropConnection()));
    await expect(push(started, { chunkBytes: 100_000 })).rejects.toMatchObject({ code: "unavailable" });
  });

  test("not where the registry has more than it was sent", async () => {
    await using started = await start();
    started.fake.wrap(when(/^PATCH/, withHeaders({ range: "0-299999" })));
    await expect(push(started, { chunkBytes: 100_000 })).rejects.toMatchObject({ code: "failed-precondition" });
  });
});

describe("bytes that are not what was named", () => {
  test.for(
    [
      { what: "fewer", bytes: layerBytes.subarray(1) },
      { what: "more", bytes: Buffer.concat([layerBytes, layerBytes]) },
      { what: "other", bytes: layerBytes.map((byte) => byte ^ 1) },
    ].flatMap((row) => [undefined, 100_000, 300_000].map((chunkBytes) => ({ ...row, chunkBytes }))),
  )("($what, in chunks of $chunkBytes) are refused here, and taken back there", async ({ bytes, chunkBytes }) => {
    await using started = await start();
    await expect(push(started, { chunkBytes }, piecesOf(bytes))).rejects.toMatchObject({ code: "failed-precondition" });
    expect(asked(started.fake).at(-1)).toBe("DELETE");
    expect(started.fake.requests.some(({ path: place }) => place.includes("digest="))).toBe(false);
  });

  test("are refused though the registry accepts them", async () => {
    await using started = await start();
    started.fake.wrap(when(/^PUT/, status(201, "", { "docker-content-digest": digestOf("other") })));
    await expect(push(started)).rejects.toMatchObject({ code: "failed-precondition" });
  });

  test.for([undefined, 100_000])("for their giver failed, fail with its error, in chunks of %s", async (chunkBytes) => {
    await using started = await start();
    const broken = new Error("EIO");
    const open = async function* () {
      yield layerBytes.subarray(0, 150_000);
      throw broken;
    };
    await expect(push(started, { chunkBytes }, open)).rejects.toBe(broken);
    expect(asked(started.fake).at(-1)).toBe("DELETE");
  });
});

test.for([undefined, 100_000])("a push stops with the reason of the signal, in chunks of %s", async (chunkBytes) => {
  await using started = await start();
  const controller = new AbortController();
  const reason = new Error("enough");
  const open = async function* () {
    yield layerBytes.subarray(0, 150_000);
    controller.abort(reason);
    yield layerBytes.subarray(150_000);
  };
  await expect(push(started, { chunkBytes, signal: controller.signal }, open)).rejects.toBe(reason);
  expect(asked(started.fake).at(-1)).toBe("DELETE");
});

describe("a mount", () => {
  const from = "team/base";

  const startWithBase = async (options: FakeRegistryOptions = {}) => {
    const started = await start(options);
    const base = { domain: started.domain, path: from };
    await started.registry.pushBlob(base, { ...layer, open: piecesOf(layerBytes) }, { credential });
    return started;
  };

  test("takes a blob from another repository, unread", async () => {
    await using started = await startWithBase();
    const opened: number[] = [];
    expect(await push(started, { mountFrom: from }, piecesOf(layerBytes, opened))).toBe("mounted");
    expect(opened).toEqual([]);
    expect(await readBack(started)).toBe(true);
  });

  test("asks for a token for both repositories", async () => {
    const issuer = createTokenIssuer({ users });
    await using started = await startWithBase({ authentication: { kind: "bearer", issuer } });
    expect(await push(started, { mountFrom: from })).toBe("mounted");
    expect(issuer.requests.at(-1)?.scopes).toEqual([`repository:${path}:pull,push`, `repository:${from}:pull`]);
  });

  test.for<{ what: string; fault?: Fault; mountFrom: string }>([
    { what: "has no such blob there", mountFrom: "team/empty" },
    { what: "refuses to mount", mountFrom: from, fault: when(/mount=/, status(403)) },
    { what: "knows no mounting", mountFrom: from, fault: when(/mount=/, status(405)) },
  ])("is an ordinary push where the registry $what", async ({ fault, mountFrom }) => {
    await using started = await startWithBase();
    if (fault !== undefined) started.fake.wrap(fault);
    expect(await push(started, { mountFrom })).toBe("pushed");
    expect(await readBack(started)).toBe(true);
  });
});

describe("the caller's authority", () => {
  test("is one token for every step of a push", async () => {
    const issuer = createTokenIssuer({ users });
    await using started = await start({ authentication: { kind: "bearer", issuer } });
    expect(await push(started, { chunkBytes: 100_000 })).toBe("pushed");
    expect(issuer.requests.map(({ scopes }) => scopes)).toEqual([[`repository:${path}:pull,push`]]);
  });

  test.for([undefined, 100_000])("is renewed in the middle of an upload, in chunks of %s", async (chunkBytes) => {
    const issuer = createTokenIssuer({ users });
    await using started = await start({ authentication: { kind: "bearer", issuer } });
    let left = 1;
    started.fake.wrap(
      when(/^(PUT|PATCH)/, async (request, next) => {
        if ((left -= 1) === 0) issuer.revoke();
        return await next(request);
      }),
    );
    expect(await push(started, { chunkBytes })).toBe("pushed");
    expect(issuer.requests).toHaveLength(2);
    expect(await readBack(started)).toBe(true);
  });

  test("that does not reach to pushing is told so", async () => {
    const issuer = createTokenIssuer({ users, actions: ["pull"] });
    await using started = await start({ authentication: { kind: "bearer", issuer } });
    await expect(push(started)).rejects.toMatchObject({
      code: "unauthenticated",
      failures: [{ host: started.domain }],
    });
  });
});

describe("an upload that goes on at another origin", () => {
  const elsewhere =
    (origin: string): Fault =>
    async (request, next) => {
      const answer = await next(request);
      const { location } = answer.headers;
      return typeof location !== "string"
        ? answer
        : { ...answer, headers: { ...answer.headers, location: origin + location } };
    };

  const seesSecrets = (fake: { requests: unknown }) =>
    /authorization|canary|Y2FuYXJ5/i.test(inspect(fake.requests, { depth: 5 }));

  test.for([undefined, 100_000])("gets no Authorization there, in chunks of %s", async (chunkBytes) => {
    await using fake = await startRegistry({ authentication: { kind: "basic", users } });
    await using storage = await startRegistry();
    const begun = await fetch(`${storage.origin}/v2/${path}/blobs/uploads/`, { method: "POST" });
    const location = `https://storage.example${begun.headers.get("location") ?? ""}`;
    fake.wrap(when(/^POST/, withHeaders({ location })));
    const hosts = { "https://r.example": fake, "https://storage.example": storage };
    await using registry = openAmong(hosts);
    storage.wrap(elsewhere("https://storage.example"));
    expect(await push({ registry, domain: "r.example" }, { chunkBytes })).toBe("pushed");
    expect(storage.requests.at(-1)?.method).toBe("PUT");
    expect(seesSecrets(storage)).toBe(false);
  });

  test.for([
    { location: "http://r.example/upload", text: "from https to plain http" },
    { location: "https://169.254.169.254/latest", text: "is a link-local address" },
    { location: "https://localhost/upload", text: "is this machine" },
    { location: "file:///etc/passwd", text: "where the upload goes on" },
    { location: "", text: "where the upload goes on" },
  ])("is refused at $location", async ({ location, text }) => {
    await using fake = await startRegistry();
    await using trap = await startRegistry();
    fake.wrap(when(/^POST/, withHeaders({ location })));
    const origin = URL.parse(location)?.origin ?? "";
    await using registry = openAmong({ "https://r.example": fake, [origin]: trap });
    const refused = { code: "failed-precondition", message: expect.stringContaining(text) };
    await expect(push({ registry, domain: "r.example" })).rejects.toMatchObject(refused);
    expect(trap.requests).toEqual([]);
  });
});

test("a mirror is pushed to only where it is configured for it", async () => {
  await using fake = await startRegistry();
  await using mirror = await startRegistry();
  const host = (url: string, role: "origin" | "mirror") => ({ url: new URL(`${url}/v2`), path, role });
  const plan = async () => [
    { ...host(mirror.origin, "mirror"), capabilities: new Set(["pull", "resolve"] as const) },
    { ...host(fake.origin, "origin"), capabilities: new Set(["pull", "push"] as const) },
  ];
  await using registry = openHttpRegistry({ hosts: { plan } });
  expect(await push({ registry, domain: fake.host })).toBe("pushed");
  expect(mirror.requests).toEqual([]);
});
