import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { prefetched } from "./prefetch.ts";

const block = (value: number) => Uint8Array.of(value);

async function* source(count: number, onRead: (at: number) => void = () => undefined): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < count; at += 1) {
    onRead(at);
    await delay(1);
    yield block(at);
  }
}

describe("what is read ahead", () => {
  test("comes in order, and is read before anybody asks", async () => {
    let read = 0;
    const ahead = prefetched(
      source(5, () => void (read += 1)),
      [],
    );
    await delay(50);
    expect(read).toBe(5);
    expect(await Array.fromAsync(ahead)).toEqual([0, 1, 2, 3, 4].map(block));
  });

  test("comes to a reader who is faster, too", async () => {
    expect(await Array.fromAsync(prefetched(source(5), []))).toEqual([0, 1, 2, 3, 4].map(block));
  });

  test("fails after what came before, and with no reader there is no unhandled rejection", async () => {
    const failing = async function* () {
      yield* source(2);
      throw new Error("cut");
    };
    const seen: Uint8Array[] = [];
    const reading = async () => {
      for await (const one of prefetched(failing(), [])) seen.push(one);
    };
    prefetched(failing(), []);
    await expect(reading()).rejects.toThrow("cut");
    expect(seen).toEqual([block(0), block(1)]);
    await delay(20);
  });
});
