import { expect, test } from "vitest";
import { bootId, bootSeconds } from "./boot.ts";

test("names the boot, the same each time", () => {
  expect(bootId()).toMatch(/^[0-9a-f-]{36}$/);
  expect(bootId()).toBe(bootId());
});

test("counts on", async () => {
  const before = bootSeconds();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(bootSeconds()).toBeGreaterThan(before);
});
