import { Secret } from "@stowage/auth";
import { digestOf } from "@stowage/oci";
import type { Hosts, HostTrust } from "@stowage/registry";
import { makeCertificates, redirectBlobsTo, startRegistry, trickle, when } from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { layer, manifest, path, putImage } from "./image.test.fixture.ts";
import { openHttpRegistry } from "./index.ts";
import { domain, hasty, planOf } from "./planned-hosts.test.fixture.ts";

const certificates = makeCertificates();
const believing = (...authorities: readonly string[]): HostTrust => ({
  authorities,
  identities: [],
  anyCertificate: false,
});

async function startTls() {
  const { server, ca } = await certificates;
  const fake = await startRegistry({ tls: { ...server, ca } });
  putImage(fake);
  return fake;
}

describe("whom a host is believed by", () => {
  test("changes with the next request, while a body that is under way goes on (P35)", async () => {
    const { ca } = await certificates;
    await using fake = await startTls();
    using _fault = fake.wrap(when(/blobs/, trickle(600_000)));
    let trust = believing(ca);
    const hosts: Hosts = { plan: async (asked) => await planOf({ origin: fake.origin, trust }).plan(asked) };
    await using registry = openHttpRegistry({ ...hasty, hosts, chunks: {} });
    const blocks: Uint8Array[] = [];
    for await (const block of registry.blob({ domain, path }, layer)) {
      blocks.push(Uint8Array.from(block));
      if (blocks.length > 1) continue;
      trust = believing();
      await expect(registry.resolve({ domain, path, tag: "v1" })).rejects.toMatchObject({ code: "unavailable" });
      trust = believing(ca);
      expect((await registry.resolve({ domain, path, tag: "v1" })).descriptor).toEqual(manifest);
    }
    expect(blocks.length).toBeGreaterThan(1);
    expect(digestOf(Buffer.concat(blocks))).toBe(layer.digest);
  });

  test("that is the same keeps its connections", async () => {
    const { ca } = await certificates;
    await using fake = await startTls();
    const hosts = planOf({ origin: fake.origin, trust: believing(ca) });
    await using registry = openHttpRegistry({ ...hasty, hosts });
    for (let count = 0; count < 5; count += 1) await registry.resolve({ domain, path, tag: "v1" });
    expect(fake.connections).toBeLessThanOrEqual(2);
  });
});

describe("a client's certificate", () => {
  test("is shown to its own host, and not where that sends its clients on to", async () => {
    const { ca, client } = await certificates;
    await using fake = await startTls();
    await using storage = await startTls();
    fake.wrap(redirectBlobsTo(storage.origin));
    const identities = [{ certificate: client.cert, key: new Secret(client.key) }];
    const trust = { authorities: [ca], identities, anyCertificate: false };
    await using registry = openHttpRegistry({ ...hasty, hosts: planOf({ origin: fake.origin, trust }) });
    await registry.resolve({ domain, path, tag: "v1" });
    await Array.fromAsync(registry.blob({ domain, path }, layer));
    expect(new Set(fake.requests.map(({ clientCertificate }) => clientCertificate))).toEqual(new Set(["client"]));
    expect(new Set(storage.requests.map(({ clientCertificate }) => clientCertificate))).toEqual(new Set([undefined]));
  });

  test("is shown to no other host of the repository", async () => {
    const { ca, client } = await certificates;
    await using mirror = await startTls();
    await using origin = await startTls();
    mirror.wrap(async () => ({ status: 404, headers: {}, body: new Uint8Array() }));
    const identities = [{ certificate: client.cert, key: new Secret(client.key) }];
    const trusts = [{ authorities: [ca], identities, anyCertificate: false }, believing(ca)];
    const hosts = planOf(...[mirror, origin].map((fake, at) => ({ origin: fake.origin, trust: trusts[at] })));
    await using registry = openHttpRegistry({ ...hasty, hosts });
    await registry.resolve({ domain, path, tag: "v1" });
    expect(mirror.requests.map(({ clientCertificate }) => clientCertificate)).toEqual(["client"]);
    expect(origin.requests.map(({ clientCertificate }) => clientCertificate)).toEqual([undefined]);
  });
});

test("the end of a registry client cuts a body that is under way, with an old trust too", async () => {
  const { ca } = await certificates;
  await using fake = await startTls();
  fake.wrap(when(/blobs/, trickle(100_000)));
  let trust = believing(ca);
  const hosts: Hosts = { plan: async (asked) => await planOf({ origin: fake.origin, trust }).plan(asked) };
  const registry = openHttpRegistry({ ...hasty, hosts, leastRate: { bytesPerSecond: 1 } });
  const reading = registry.blob({ domain, path }, layer)[Symbol.asyncIterator]();
  await reading.next();
  trust = believing(ca);
  await registry.resolve({ domain, path, tag: "v1" });
  await registry[Symbol.asyncDispose]();
  await expect(Array.fromAsync({ [Symbol.asyncIterator]: () => reading })).rejects.toThrow(Error);
});
