import { setTimeout as delay } from "node:timers/promises";
import {
  cutAfter,
  endlessBody,
  type Fault,
  stallAfter,
  startRegistry,
  status,
  withBody,
  withHeaders,
} from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { layer, layerBytes, path, putImage } from "./image.test.fixture.ts";
import { type HttpRegistryOptions, openHttpRegistry } from "./index.ts";

async function start(fault?: Fault, options?: HttpRegistryOptions) {
  const stack = new AsyncDisposableStack();
  const fake = stack.use(await startRegistry());
  putImage(fake);
  if (fault !== undefined) fake.wrap(fault);
  const registry = stack.use(openHttpRegistry({ retries: { rounds: 1, firstMilliseconds: 1 }, ...options }));
  const blob = (signal?: AbortSignal) => registry.blob({ domain: fake.host, path }, layer, { signal });
  return { stack, fake, registry, blob };
}

describe("a blob", () => {
  test.for<{ what: string; fault: Fault; code: string; text: string }>([
    {
      what: "is other bytes",
      fault: withBody(layerBytes.toReversed()),
      code: "failed-precondition",
      text: "the bytes that came are sha256:",
    },
    {
      what: "is shorter than it was called",
      fault: withBody(layerBytes.subarray(1)),
      code: "failed-precondition",
      text: "it has 299999 bytes for it, by its Content-Length, and not 300000",
    },
    { what: "has no end", fault: endlessBody(), code: "failed-precondition", text: "the bytes that came are sha256:" },
    {
      what: "is compressed on the way",
      fault: withHeaders({ "content-encoding": "gzip" }),
      code: "failed-precondition",
      text: 'Content-Encoding "gzip"',
    },
    {
      what: "is a part that nobody asked for",
      fault: status(206, "x"),
      code: "failed-precondition",
      text: "by its Content-Length",
    },
    { what: "is cut off", fault: cutAfter(1000), code: "unavailable", text: "it cut the connection" },
    {
      what: "stops coming",
      fault: stallAfter(1000),
      code: "unavailable",
      text: "it stopped in the middle of its answer",
    },
  ])("fails where it $what", async ({ fault, code, text }) => {
    const { stack, blob } = await start(fault, { timeouts: { body: 300 } });
    await using _ = stack;
    await expect(Array.fromAsync(blob())).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });

  test("is passed on as it comes", async () => {
    const { stack, blob } = await start(stallAfter(1000), { timeouts: { body: 5000 } });
    await using _ = stack;
    for await (const chunk of blob()) {
      expect(Buffer.from(chunk)).toEqual(Buffer.from(layerBytes.subarray(0, chunk.byteLength)));
      break;
    }
  });

  test("is not asked for before it is read", async () => {
    const { stack, fake, blob } = await start();
    await using _ = stack;
    blob();
    await delay(20);
    expect(fake.requests).toEqual([]);
  });

  test("is asked for no longer when its reader leaves", async () => {
    const ended = Promise.withResolvers<string>();
    const endless = async function* () {
      try {
        for (const block = new Uint8Array(64 * 1024); ; ) yield block;
      } finally {
        ended.resolve("ended");
      }
    };
    const { stack, blob } = await start(async () => ({ status: 200, headers: {}, body: endless() }));
    await using _ = stack;
    for await (const chunk of blob()) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    expect(await ended.promise).toBe("ended");
  });

  test("ends with the reason of the signal while it stalls", async () => {
    const { stack, blob } = await start(stallAfter(1000));
    await using _ = stack;
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    await expect(Array.fromAsync(blob(controller.signal))).rejects.toBe(reason);
  });

  test("comes over a connection that is already there", async () => {
    const { stack, fake, registry, blob } = await start(undefined, { plainHttp: () => true });
    await using _ = stack;
    for (let round = 0; round < 3; round += 1) {
      await registry.resolve({ domain: fake.host, path, tag: "v1" });
      await Array.fromAsync(blob());
    }
    expect(fake.connections).toBeLessThanOrEqual(2);
  });
});
