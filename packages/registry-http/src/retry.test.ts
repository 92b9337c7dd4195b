import { setTimeout as delay } from "node:timers/promises";
import type { RegistryEvent } from "@stowage/registry";
import {
  dropConnection,
  endlessBody,
  type Fault,
  slow,
  stallAfter,
  startRegistry,
  status,
  times,
  tooManyRequests,
  trickle,
  when,
} from "@stowage/registry-fake";
import { describe, expect, test, vi } from "vitest";
import { layer, layerBytes, path, putImage } from "./image.test.fixture.ts";
import { type HttpRegistryOptions, openHttpRegistry } from "./index.ts";
import { domain, hasty, planOf } from "./planned-hosts.test.fixture.ts";

async function start(fault: Fault, options: HttpRegistryOptions = {}) {
  const stack = new AsyncDisposableStack();
  const fake = stack.use(await startRegistry());
  putImage(fake);
  fake.wrap(fault);
  const registry = stack.use(openHttpRegistry({ ...hasty, hosts: planOf(fake), ...options }));
  const resolve = (signal?: AbortSignal) => registry.resolve({ domain, path, tag: "v1" }, { signal });
  const read = async (signal?: AbortSignal) =>
    await Array.fromAsync(registry.blob({ domain, path }, layer, { signal }));
  return { stack, fake, registry, resolve, read };
}

describe("a host that is asked too much", () => {
  test.for([
    { count: 3, rounds: 5 },
    { count: 1, rounds: 2 },
  ])("is asked again $count times, of $rounds rounds", async ({ count, rounds }) => {
    const { stack, fake, resolve } = await start(tooManyRequests({ count, retryAfter: "20ms" }), {
      retries: { rounds, firstMilliseconds: 1 },
    });
    await using _ = stack;
    await resolve();
    expect(fake.requests).toHaveLength(count + 1);
  });

  test("is asked by nobody until then, whoever it told", async () => {
    const { stack, fake, resolve } = await start(tooManyRequests({ count: 1, retryAfter: "300ms" }));
    await using _ = stack;
    const first = resolve();
    await vi.waitFor(() => expect(fake.requests).toHaveLength(1));
    await delay(50);
    const others = [1, 2, 3].map(() => resolve());
    await delay(100);
    expect(fake.requests).toHaveLength(1);
    await Promise.all([first, ...others]);
    expect(fake.requests).toHaveLength(5);
  });

  test("for longer than anybody waits is given up at once, and says for how long", async () => {
    const { stack, fake, resolve } = await start(tooManyRequests({ count: 99, retryAfter: "3600" }));
    await using _ = stack;
    await expect(resolve()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("and asks to be left alone for 3600 seconds"),
    });
    expect(fake.requests).toHaveLength(1);
  });

  test("is not waited for beyond the time that its answer may take", async () => {
    const { stack, resolve } = await start(tooManyRequests({ count: 99, retryAfter: "5" }), {
      timeouts: { document: 200 },
      retries: { rounds: 1 },
    });
    await using _ = stack;
    await expect(resolve()).rejects.toMatchObject({ code: "unavailable" });
    await expect(resolve()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("took too long"),
    });
  });

  test("is left by a caller who leaves, at once", async () => {
    const { stack, fake, resolve } = await start(tooManyRequests({ count: 99, retryAfter: "30" }));
    await using _ = stack;
    const controller = new AbortController();
    const waiting = resolve(controller.signal);
    await vi.waitFor(() => expect(fake.requests).toHaveLength(1));
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });
});

test("waits grow, by chance too, and are told", async () => {
  const events: RegistryEvent[] = [];
  const { stack, registry } = await start(status(503), { retries: { rounds: 4, firstMilliseconds: 20 } });
  await using _ = stack;
  const outcome = registry.resolve({ domain, path, tag: "v1" }, { onEvent: (event) => void events.push(event) });
  await expect(outcome).rejects.toThrow("503");
  const waits = events.flatMap((event) => (event.kind === "failed" ? [event.retryMilliseconds] : []));
  expect(waits).toEqual([between(10, 20), between(20, 40), between(40, 80), undefined]);
});

describe("a body (P27)", () => {
  test.for<{ what: string; fault: Fault }>([
    { what: "trickles", fault: trickle(2000) },
    { what: "stalls", fault: stallAfter(5000) },
  ])("that $what is cut off and asked for again on another connection", async ({ fault }) => {
    const { stack, fake, read } = await start(times(1, fault), { chunks: {}, timeouts: { body: 20_000 } });
    await using _ = stack;
    expect(Buffer.concat(await read()).equals(layerBytes)).toBe(true);
    expect(fake.requests).toHaveLength(2);
    expect(fake.connections).toBe(2);
  });

  test("that nobody takes is not too slow", async () => {
    const { stack, fake, registry } = await start(slow(0), { chunks: {} });
    await using _ = stack;
    const blocks: Uint8Array[] = [];
    for await (const block of registry.blob({ domain, path }, layer)) {
      blocks.push(block);
      if (blocks.length === 1) await delay(600);
    }
    expect(Buffer.concat(blocks).equals(layerBytes)).toBe(true);
    expect(fake.requests).toHaveLength(1);
  });
});

describe("nothing is left open", () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;

  test("by a reader who leaves early, in the middle of chunks", async () => {
    const before = sockets();
    const { stack, registry } = await start(when(/blobs/, trickle(400_000)));
    await using _ = stack;
    for await (const block of registry.blob({ domain, path }, layer)) if (block.byteLength > 0) break;
    await vi.waitFor(() => expect(sockets()).toBeLessThanOrEqual(before), { timeout: 3000 });
  });

  test.for<{ what: string; fault: Fault }>([
    { what: "a 401 without an end", fault: endlessWith(401) },
    { what: "a 404 without an end", fault: endlessWith(404) },
    { what: "a 500 without an end", fault: endlessWith(500) },
    { what: "a redirect without an end", fault: endlessWith(307) },
    { what: "a hang-up", fault: dropConnection() },
  ])("by $what", async ({ fault }) => {
    const [socketsBefore, timersBefore] = [sockets(), timers()];
    const { stack, resolve, read } = await start(fault);
    await using _ = stack;
    await expect(resolve()).rejects.toThrow(Error);
    await expect(read()).rejects.toThrow(Error);
    await vi.waitFor(() => expect(sockets()).toBeLessThanOrEqual(socketsBefore), { timeout: 3000 });
    expect(timers()).toBeLessThanOrEqual(timersBefore + 4); // those of the deadlines, which hold nothing open
  });

  test("on a signal that outlives many calls", async () => {
    const { stack, resolve } = await start(slow(0));
    await using _ = stack;
    const controller = new AbortController();
    const warned: string[] = [];
    const hear = (warning: Error): void => void warned.push(warning.name);
    process.on("warning", hear);
    for (let count = 0; count < 30; count += 1) await resolve(controller.signal);
    await delay(10);
    process.off("warning", hear);
    expect(warned).toEqual([]);
  });
});

function endlessWith(code: number): Fault {
  return async (request, next) => {
    const answer = await endlessBody("x")(request, next);
    return { ...answer, status: code, headers: { location: "https://elsewhere.invalid/" } };
  };
}

function between(least: number, most: number): unknown {
  return expect.toSatisfy((wait: number) => wait >= least && wait <= most);
}
