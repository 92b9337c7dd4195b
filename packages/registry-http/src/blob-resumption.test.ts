import { randomBytes } from "node:crypto";
import { type Descriptor, digestOf } from "@stowage/oci";
import { type FakeRegistry, type Fault, stallAfter, startRegistry, times, withoutRanges } from "@stowage/registry-fake";
import { array, assert, asyncProperty, integer } from "fast-check";
import { describe, expect, test } from "vitest";
import { path } from "./image.test.fixture.ts";
import { type HttpRegistryOptions, openHttpRegistry } from "./index.ts";
import { domain, hasty, planOf } from "./planned-hosts.test.fixture.ts";

const chunkBytes = 64 * 1024;
const bytes: Uint8Array = randomBytes(5 * chunkBytes + 777);
const layer: Descriptor = {
  mediaType: "application/octet-stream",
  digest: digestOf(bytes),
  size: bytes.byteLength,
};

async function startAll(...faults: readonly Fault[]) {
  const stack = new AsyncDisposableStack();
  const fakes: FakeRegistry[] = [];
  for (const fault of faults) {
    const fake = stack.use(await startRegistry());
    fake.addBlob(bytes);
    fake.wrap(fault);
    fakes.push(fake);
  }
  return { stack, fakes };
}

const read = async (fakes: readonly FakeRegistry[], options: HttpRegistryOptions = {}) => {
  await using registry = openHttpRegistry({ ...hasty, ...options, hosts: planOf(...fakes) });
  return digestOf(Buffer.concat(await Array.fromAsync(registry.blob({ domain, path }, layer))));
};

const ranges = ({ requests }: FakeRegistry) => requests.map(({ headers }) => headers.range);

const honest: Fault = async (request, next) => await next(request);

/** Cuts the connection after `offset` bytes of an answer, or lets all through where there are fewer. */
function cutAt(offset: number): Fault {
  return async (request, next) => {
    const answer = await next(request);
    const { body } = answer;
    return body instanceof Uint8Array && offset < body.byteLength ? { ...answer, body: cutBody(body, offset) } : answer;
  };
}

/** The parts go apart, so that what was sent has arrived before the cut. */
async function* cutBody(body: Uint8Array, offset: number): AsyncGenerator<Uint8Array> {
  yield body.subarray(0, offset);
  await new Promise((resolve) => void setTimeout(resolve, 20));
  throw new Error("cut");
}

const boundaries = [1, 2, 3, 4, 5].map((count) => count * chunkBytes);

describe("a blob that is cut off goes on at the byte after the last good one", () => {
  test.for([1, ...boundaries.flatMap((at) => [at - 1, at, at + 1]), bytes.byteLength - 1])(
    "in one stream, after %i bytes",
    async (offset) => {
      const { stack, fakes } = await startAll(times(1, cutAt(offset)));
      await using _ = stack;
      expect(await read(fakes, { chunks: {} })).toBe(layer.digest);
      expect(fakes.flatMap(ranges)).toEqual([undefined, `bytes=${offset}-${bytes.byteLength - 1}`]);
    },
  );

  test.for([0, 1, chunkBytes - 1])("in every chunk, after %i bytes of each first try", async (offset) => {
    const seen = new Set<string>();
    const { stack, fakes } = await startAll(async (request, next) => {
      const start = /=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? "";
      const isChunk = Number(start) % chunkBytes === 0 && !seen.has(start);
      seen.add(start);
      return await (isChunk ? cutAt(offset) : honest)(request, next);
    });
    await using _ = stack;
    expect(await read(fakes)).toBe(layer.digest);
    const lengths = [...boundaries.map(() => chunkBytes), bytes.byteLength % chunkBytes];
    const asked = lengths.map((length) => (offset < length ? 2 * length - offset : length));
    expect(askedBytes(fakes)).toBe(asked.reduce((sum, length) => sum + length));
  });

  test("wherever each try is cut, with no more asked for than was missing", async () => {
    const tries = array(array(integer({ min: 0, max: chunkBytes }), { maxLength: 3 }), { maxLength: 6 });
    const holds = asyncProperty(tries, async (offsets) => {
      const left = offsets.map((list) => [...list]);
      const { stack, fakes } = await startAll(async (request, next) => {
        const start = Number(/=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
        const offset = left[Math.floor(start / chunkBytes)]?.shift();
        return await (offset === undefined ? honest : cutAt(offset))(request, next);
      });
      await using _ = stack;
      expect(await read(fakes)).toBe(layer.digest);
      const cuts = offsets.flat().length;
      expect(askedBytes(fakes)).toBeLessThanOrEqual(bytes.byteLength + cuts * chunkBytes);
      expect(fakes[0]?.requests.length).toBeLessThanOrEqual(6 + cuts);
    });
    await assert(holds, { numRuns: 12 });
  });

  test("at the next host, when a host fails in the middle", async () => {
    const { stack, fakes } = await startAll(cutAt(100_000), honest);
    await using _ = stack;
    expect(await read(fakes, { chunks: {} })).toBe(layer.digest);
    expect(fakes.map(ranges)).toEqual([[undefined], [`bytes=100000-${bytes.byteLength - 1}`]]);
  });

  test("at the next host, when a host stalls in the middle (REG-18)", async () => {
    const { stack, fakes } = await startAll(stallAfter(100_000), honest);
    await using _ = stack;
    expect(await read(fakes, { chunks: {} })).toBe(layer.digest);
    expect(fakes.map(ranges)).toEqual([[undefined], [`bytes=100000-${bytes.byteLength - 1}`]]);
  });

  test("where no host sends all of it, with an error that names them all", async () => {
    const { stack, fakes } = await startAll(cutAt(10), cutAt(20), cutAt(30));
    await using _ = stack;
    const failure = read(fakes, { chunks: {} });
    await expect(failure).rejects.toMatchObject({
      code: "unavailable",
      failures: fakes.map(({ host }) => ({ host, reason: "it cut the connection" })),
    });
    expect(fakes.reduce((sum, { requests }) => sum + requests.length, 0)).toBe(5);
  });
});

describe("a host that knows no ranges", () => {
  test("sends all after a cut, of which what is there already is left out", async () => {
    const { stack, fakes } = await startAll(async (request, next) => await withoutRanges()(request, next));
    await using _ = stack;
    fakes[0]?.wrap(times(1, cutAt(100_000)));
    expect(await read(fakes)).toBe(layer.digest);
    expect(fakes[0]?.requests).toHaveLength(2);
  });

  test("any more, half-way, sends the rest in one stream", async () => {
    let count = 0;
    const { stack, fakes } = await startAll(async (request, next) => {
      count += 1;
      return await (count > 2 ? withoutRanges() : honest)(request, next);
    });
    await using _ = stack;
    expect(
      await read(fakes, { chunks: { bytes: 8 * 1024, width: 4, fastBytesPerSecond: Number.POSITIVE_INFINITY } }),
    ).toBe(layer.digest);
    expect(fakes[0]?.requests.length).toBeLessThanOrEqual(2 + 4 + 1);
  });

  test("takes over from one that does, in one stream", async () => {
    const { stack, fakes } = await startAll(async (request, next) => {
      const start = Number(/=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      return await (start >= chunkBytes ? cutAt(0) : honest)(request, next);
    }, withoutRanges());
    await using _ = stack;
    expect(
      await read(fakes, { chunks: { bytes: 8 * 1024, width: 4, fastBytesPerSecond: Number.POSITIVE_INFINITY } }),
    ).toBe(layer.digest);
    expect(fakes[1]?.requests.length).toBeLessThanOrEqual(4 + 1);
  });
});

/** How many bytes were asked for in ranges. */
function askedBytes(fakes: readonly FakeRegistry[]): number {
  return fakes.flatMap(ranges).reduce((sum, range) => {
    const [, first = "0", last = String(bytes.byteLength - 1)] = /=(\d+)-(\d+)/.exec(range ?? "") ?? [];
    return sum + Number(last) + 1 - Number(first);
  }, 0);
}
