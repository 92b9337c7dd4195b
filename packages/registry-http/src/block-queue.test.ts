import { array, assert, asyncProperty, integer } from "fast-check";
import { describe, expect, test } from "vitest";
import { blockBytes } from "./block-pool.ts";
import { BlockQueue } from "./block-queue.ts";

function open(): { readonly queue: BlockQueue; readonly rooms: () => number } {
  let rooms = 0;
  const queue = new BlockQueue({ recycling: false, onRoom: () => void (rooms += 1) });
  return { queue, rooms: () => rooms };
}

const chunkOf = (length: number, from = 0) => Buffer.from(Uint8Array.from({ length }, (_, at) => (from + at) % 251));

async function readAll(queue: BlockQueue): Promise<Buffer> {
  const blocks: Uint8Array[] = [];
  for (let block = await queue.take(); block !== undefined; block = await queue.take()) blocks.push(block);
  return Buffer.concat(blocks);
}

describe("a queue of blocks", () => {
  test("passes on every byte, however it comes and whatever was announced", async () => {
    const lengths = array(integer({ min: 1, max: 300_000 }), { maxLength: 12 });
    await assert(
      asyncProperty(lengths, integer({ min: -1, max: 600_000 }), async (chunks, announced) => {
        const { queue } = open();
        queue.expect(announced < 0 ? Number.NaN : announced);
        let sent = 0;
        const reading = readAll(queue);
        for (const length of chunks) {
          queue.put(chunkOf(length, sent));
          sent += length;
        }
        queue.end();
        expect((await reading).equals(chunkOf(sent))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("fails as its sender does, after what came before", async () => {
    const { queue } = open();
    queue.put(chunkOf(10));
    queue.end(new Error("cut"));
    queue.end();
    expect(await queue.take()).toHaveLength(10);
    await expect(queue.take()).rejects.toThrow("cut");
    await expect(queue.take()).rejects.toThrow("cut");
  });

  test("passes a slow sender's bytes on before their block is full", async () => {
    const { queue } = open();
    const block = queue.take();
    queue.put(chunkOf(3));
    expect(await block).toEqual(new Uint8Array(chunkOf(3)));
  });

  test("has no room beyond two blocks until one is taken", async () => {
    const { queue, rooms } = open();
    expect(queue.put(chunkOf(2 * blockBytes - 1))).toBe(true);
    expect(queue.put(chunkOf(1))).toBe(false);
    expect(rooms()).toBe(0);
    await queue.take();
    expect(rooms()).toBe(1);
  });

  test("holds no more memory for small pieces than a few times what is in them", async () => {
    const { queue } = open();
    let held = 0;
    for (let count = 0; count < 20; count += 1) {
      const taking = queue.take();
      queue.put(chunkOf(1000));
      held += (await taking)?.buffer.byteLength ?? 0;
    }
    expect(held).toBeLessThan(2 * blockBytes);
  });
});
