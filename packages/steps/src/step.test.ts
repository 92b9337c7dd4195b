import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect, test } from "vitest";
import { isStep, step, stepChannel, steps } from "./index.ts";

test("tells a step before it returns", () => {
  const seen: unknown[] = [];
  const listen = (message: unknown): void => void seen.push(message);
  subscribe(stepChannel, listen);
  step("blob-named");
  expect(seen).toEqual([{ step: "blob-named" }]);
  unsubscribe(stepChannel, listen);
  step("blob-named");
  expect(seen).toHaveLength(1);
});

test("knows its own names, each once", () => {
  expect(new Set(steps).size).toBe(steps.length);
  expect(steps.every(isStep)).toBe(true);
  expect(isStep("blob-painted")).toBe(false);
});
