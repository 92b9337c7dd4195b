import { StowageError } from "@stowage/errors";
import { assert, property, string, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { algorithmOf, chainIdOf, chainIds, digestOf, encodedOf, isDigest, parseDigest } from "./index.ts";

test.for([
  { algorithm: "sha256" as const, means: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
  {
    algorithm: "sha512" as const,
    means:
      "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
  },
])("names no bytes by $algorithm", ({ algorithm, means }) => {
  expect(digestOf("", algorithm)).toBe(means);
  expect(algorithmOf(parseDigest(means))).toBe(algorithm);
  expect(`${algorithm}:${encodedOf(parseDigest(means))}`).toBe(means);
});

const hex = "a".repeat(64);

// CVE-2024-3727, CVE-2024-37032: a digest that was not checked becomes a path
test.for([
  "",
  hex,
  `sha256:${hex}a`,
  `sha256:${hex.slice(1)}`,
  `sha256:${hex.toUpperCase()}`,
  `SHA256:${hex}`,
  `sha256:../${hex.slice(3)}`,
  `sha256:${hex.slice(1)}\0`,
  `sha256:${hex}\n`,
  `sha512:${hex}`,
  `sha384:${"a".repeat(96)}`,
  "md5:d41d8cd98f00b204e9800998ecf8427e",
])("refuses %j", (text) => {
  expect(isDigest(text)).toBe(false);
  expect(() => parseDigest(text)).toThrow(StowageError);
});

test("what is a digest has a name without a path in it", () => {
  assert(
    property(string(), (text) => {
      if (isDigest(text)) expect(encodedOf(text)).toMatch(/^[0-9a-f]+$/);
    }),
  );
  assert(
    property(uint8Array(), (bytes) => {
      expect(isDigest(digestOf(bytes))).toBe(true);
    }),
  );
});

test("a chain id is the diff id of the first layer, and a digest of two above it", () => {
  const layers = [digestOf("one"), digestOf("two"), digestOf("three")];
  const second = digestOf(`${layers[0]} ${layers[1]}`);
  expect(chainIds(layers)).toEqual([layers[0], second, digestOf(`${second} ${layers[2]}`)]);
  expect(chainIds([])).toEqual([]);
  expect(chainIdOf(layers)).toBe(chainIds(layers).at(-1));
});
