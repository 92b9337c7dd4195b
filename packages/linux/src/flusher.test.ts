import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { openFlusher } from "./flusher.ts";

test.for(["names", "file-system"] as const)(
  "flushes %s again for who calls while a flush is under way, once for all of them",
  async (scope) => {
    using flusher = openFlusher(tmpdir(), { scope, durability: "full" });
    const order: string[] = [];
    const first = flusher.flush().then(() => order.push("first"));
    await new Promise((resolve) => setImmediate(resolve));
    const second = flusher.flush();
    expect(flusher.flush()).toBe(second);
    await Promise.all([first, second.then(() => order.push("second"))]);
    expect(order).toEqual(["first", "second"]);
    expect(flusher.failures).toBe(0);
  },
);

test.for(["names", "file-system"] as const)(
  "counts what failed of %s, tells all who shared it, and goes on",
  async (scope) => {
    const flusher = openFlusher(tmpdir(), { scope, durability: "full" });
    flusher[Symbol.dispose]();
    const both = await Promise.allSettled([flusher.flush(), flusher.flush()]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(flusher.failures).toBe(1);
    await expect(flusher.flush()).rejects.toThrow();
    expect(flusher.failures).toBe(2);
  },
);

test("may be told to leave it to the kernel", async () => {
  await expect(openFlusher("/nowhere", { scope: "names", durability: "relaxed" }).flush()).resolves.toBeUndefined();
});
