import { describe, expect, test } from "vitest";
import { HostPaces } from "./host-pace.ts";

describe("a host", () => {
  test("that never complains is asked at once, always", async () => {
    const paces = new HostPaces(() => 0);
    for (let count = 0; count < 1000; count += 1) await paces.enter("a", undefined);
  });

  test("that asks to be left alone is, and no other is", async () => {
    let clock = 0;
    const paces = new HostPaces(() => clock);
    paces.complain("a", 5000);
    expect([paces.heldFor("a"), paces.heldFor("b")]).toEqual([5000, 0]);
    clock = 4999;
    expect(paces.heldFor("a")).toBe(1);
    paces.complain("a", 0);
    expect(paces.heldFor("a")).toBe(1);
    clock = 5000;
    expect(paces.heldFor("a")).toBe(0);
  });

  test("is asked by all together no faster than its bucket fills, and faster with every good answer", async () => {
    const started = performance.now();
    const paces = new HostPaces(() => performance.now());
    paces.complain("a", 0);
    const entered = await Promise.all(
      [1, 2, 3].map(async () => {
        await paces.enter("a", undefined);
        return performance.now() - started;
      }),
    );
    const inOrder = entered.toSorted((one, other) => one - other);
    expect(inOrder[1]).toBeGreaterThanOrEqual(240); // one token each quarter of a second
    expect(inOrder[2]).toBeGreaterThanOrEqual(490);
    for (let count = 0; count < 10; count += 1) paces.praise("a");
    const before = performance.now();
    for (let count = 0; count < 100; count += 1) await paces.enter("a", undefined);
    expect(performance.now() - before).toBeLessThan(240);
  });

  test("that is waited for is left with the reason of the signal, and no timer stays", async () => {
    const paces = new HostPaces(() => performance.now());
    paces.complain("a", 60_000);
    const controller = new AbortController();
    const reason = new Error("enough");
    const waiting = paces.enter("a", controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length).toBeLessThan(3);
  });

  test("is left alone for a minute at most, however long it asked for", () => {
    let clock = 0;
    const paces = new HostPaces(() => clock);
    paces.complain("a", 3_600_000);
    expect([paces.heldFor("a"), paces.askedFor("a")]).toEqual([60_000, 3_600_000]);
    clock = 60_000;
    expect([paces.heldFor("a"), paces.askedFor("a")]).toEqual([0, 3_540_000]);
  });

  test("is forgotten when a thousand others have complained after it", () => {
    const paces = new HostPaces(() => 0);
    for (let count = 0; count <= 1024; count += 1) paces.complain(`${count}`, 1000);
    expect([paces.heldFor("0"), paces.heldFor("1"), paces.heldFor("1024")]).toEqual([0, 1000, 1000]);
  });
});
