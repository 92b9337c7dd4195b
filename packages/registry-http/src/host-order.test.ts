import { StowageError } from "@stowage/errors";
import { digestOf } from "@stowage/oci";
import type { RegistryEvent } from "@stowage/registry";
import {
  badBody,
  contentEncoding,
  cutAfter,
  type FakeRegistry,
  type Fault,
  stallAfter,
  startRegistry,
  status,
  when,
  wrongContentRange,
} from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { layer, manifest, path, putImage } from "./image.test.fixture.ts";
import { type HttpRegistryOptions, openHttpRegistry } from "./index.ts";
import { domain, hasty, type Planned, planOf } from "./planned-hosts.test.fixture.ts";

/** How a mirror may fail: what it does, or that it cannot be asked. */
const failing: Readonly<Record<string, Fault | string>> = {
  "answers 404": status(404),
  "answers 403": status(403),
  "answers 500": status(500),
  "speaks no TLS": "https",
  "refuses connections": "nobody",
  stalls: stallAfter(100),
  "sends bad documents": when(/manifests/, badBody()),
  "is cut off in the middle": cutAfter(30_000),
  compresses: contentEncoding("gzip"),
  "sends other ranges": wrongContentRange(5),
};

async function open(faults: readonly (Fault | string | undefined)[], options: HttpRegistryOptions = {}) {
  const stack = new AsyncDisposableStack();
  const fakes: FakeRegistry[] = [];
  const hosts: Planned[] = [];
  for (const fault of faults) {
    const fake = stack.use(await startRegistry());
    putImage(fake);
    if (typeof fault === "function") fake.wrap(fault);
    fakes.push(fake);
    hosts.push({
      origin: fault === "https" ? `https://${fake.host}` : fault === "nobody" ? "http://127.0.0.1:1" : fake.origin,
    });
  }
  const registry = stack.use(openHttpRegistry({ ...hasty, ...options, hosts: planOf(...hosts) }));
  return { stack, fakes, registry };
}

const names = Object.keys(failing);

describe("with two mirrors before the origin, of which", () => {
  test.for(names.flatMap((one) => names.map((other) => ({ one, other }))))(
    "one $one and one $other, everything comes (REG-08, REG-21)",
    async ({ one, other }) => {
      const { stack, fakes, registry } = await open([failing[one], failing[other], undefined]);
      await using _ = stack;
      expect((await registry.resolve({ domain, path, tag: "v1" })).descriptor).toEqual(manifest);
      const blocks = await Array.fromAsync(registry.blob({ domain, path }, layer));
      expect(digestOf(Buffer.concat(blocks))).toBe(layer.digest);
      for (const fake of fakes) expect(fake.requests.length).toBeLessThan(20);
    },
  );
});

describe("a failure of all hosts", () => {
  test.for<{ faults: readonly Fault[]; code: string; asked: readonly number[] }>([
    { faults: [status(404), status(404)], code: "not-found", asked: [1, 1] },
    { faults: [status(500), status(404)], code: "not-found", asked: [1, 1] },
    { faults: [status(404), status(500)], code: "unavailable", asked: [1, 2] },
    { faults: [status(401), status(500)], code: "unavailable", asked: [1, 2] },
    { faults: [status(500), status(403)], code: "permission-denied", asked: [1, 1] },
    { faults: [status(403), status(404)], code: "not-found", asked: [1, 1] },
    { faults: [status(503), status(502), status(401)], code: "unauthenticated", asked: [1, 1, 1] },
    { faults: [badBody(), status(404)], code: "not-found", asked: [1, 1] },
    { faults: [status(404), badBody()], code: "failed-precondition", asked: [1, 1] },
  ])("is $code, after asking $asked times", async ({ faults, code, asked }) => {
    const { stack, fakes, registry } = await open(faults);
    await using _ = stack;
    const error: unknown = await registry.resolve({ domain, path, tag: "v1" }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(StowageError);
    expect(error).toMatchObject({ code, failures: fakes.map(({ host }) => expect.objectContaining({ host })) });
    expect(fakes.map(({ requests }) => requests.length)).toEqual(asked);
  });

  test("names every host with its status and its own words (REG-32)", async () => {
    const words = (message: string) => JSON.stringify({ errors: [{ code: "DENIED", message }] });
    const { stack, fakes, registry } = await open([status(403, words("one")), status(429, words("two"))]);
    await using _ = stack;
    const [one, two] = fakes.map(({ host }) => host);
    await expect(registry.resolve({ domain, path, tag: "v1" })).rejects.toMatchObject({
      message: `Cannot pull ${domain}/${path}:v1: ${one}: it answers 403 Forbidden (DENIED: one); ${two}: it answers 429 Too Many Requests (DENIED: two)`,
      failures: [
        { host: one, status: 403 },
        { host: two, status: 429 },
      ],
    });
  });

  test("names a host that was struck for what it sent, too", async () => {
    const { stack, fakes, registry } = await open([wrongContentRange(5), status(404)]);
    await using _ = stack;
    const failure = Array.fromAsync(registry.blob({ domain, path }, layer));
    await expect(failure).rejects.toMatchObject({
      code: "not-found",
      failures: fakes.map(({ host }) => expect.objectContaining({ host })),
    });
  });
});

describe("a mirror", () => {
  test("that fails is told of, though another host answers", async () => {
    const { stack, fakes, registry } = await open([status(404), status(500), undefined]);
    await using _ = stack;
    const events: RegistryEvent[] = [];
    await registry.resolve({ domain, path, tag: "v1" }, { onEvent: (event) => void events.push(event) });
    expect(events.filter(({ kind }) => kind === "failed")).toEqual([
      { kind: "failed", host: fakes[0]?.host, reason: "it answers 404 Not Found" },
      { kind: "failed", host: fakes[1]?.host, reason: "it answers 500 Internal Server Error" },
    ]);
  });

  test("that could not be asked is asked last for a while, and then first again", async () => {
    let clock = 0;
    const { stack, fakes, registry } = await open([when(/v1/, status(500)), undefined], { now: () => clock });
    await using _ = stack;
    const ask = () => registry.document({ domain, path }, manifest);
    await registry.resolve({ domain, path, tag: "v1" });
    await ask();
    expect(fakes.map(({ requests }) => requests.length)).toEqual([1, 2]);
    clock += 30_001;
    await ask();
    expect(fakes.map(({ requests }) => requests.length)).toEqual([2, 2]);
  });

  test("that sent a blob of other bytes is asked after the others the next time", async () => {
    const { stack, fakes, registry } = await open([badBody(7), undefined], { chunks: {} });
    await using _ = stack;
    const read = async () => digestOf(Buffer.concat(await Array.fromAsync(registry.blob({ domain, path }, layer))));
    await expect(read()).rejects.toMatchObject({ code: "failed-precondition" });
    expect(await read()).toBe(layer.digest);
    expect(fakes.map(({ requests }) => requests.length)).toEqual([1, 1]);
  });
});
