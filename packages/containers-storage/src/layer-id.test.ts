import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { layerIdOf, layerIdsOf, linkNameOf } from "./layer-id.ts";

const [one, two] = [digestOf(Buffer.from("1")), digestOf(Buffer.from("2"))];

test("names the bottom layer by its diff id, and the others by what is below them", () => {
  const [bottom, top] = layerIdsOf([one, two]);
  expect(bottom).toBe(one.slice("sha256:".length));
  expect(`sha256:${top}`).toBe(digestOf(Buffer.from(`${bottom}+${two.slice("sha256:".length)}`)));
  expect(layerIdOf([one, two])).toBe(top);
});

test("has a short name for each layer, the same each time", () => {
  expect(linkNameOf("a")).toMatch(/^[A-Z2-7]{26}$/);
  expect(linkNameOf("a")).toBe(linkNameOf("a"));
  expect(linkNameOf("a")).not.toBe(linkNameOf("b"));
});
