import type { Image } from "@stowage/images";
import { digestOf } from "@stowage/oci";
import { assert, constantFrom, property, string } from "fast-check";
import { expect, test } from "vitest";
import { recordOf } from "./image-record.test.fixture.ts";
import { Pins } from "./pins.ts";

const digest = digestOf("an index");

function imageOf(names: readonly string[]): Image {
  return {
    ...recordOf("a"),
    tags: names.filter((name) => !name.includes("@")),
    digests: names.filter((name) => name.includes("@")),
    publishedAt: 1,
    pins: [],
    damage: [],
  };
}

const { id } = recordOf("a");
const pause = "registry.k8s.io/pause:3.10";
const alpine = "docker.io/library/alpine:3";

// IMG-24, IMG-26
test.for([
  { pattern: pause, name: pause, pinned: true },
  { pattern: "registry.k8s.io/pause", name: "registry.k8s.io/pause:latest", pinned: true },
  { pattern: "registry.k8s.io/pause", name: pause, pinned: false },
  { pattern: "alpine:3", name: alpine, pinned: true },
  { pattern: "alpine*", name: alpine, pinned: true },
  { pattern: "library/alp*", name: alpine, pinned: true },
  { pattern: "alpine*", name: "ghcr.io/library/alpine:3", pinned: false },
  { pattern: "registry.k8s.io/*", name: pause, pinned: true },
  { pattern: "registry.k8s.io/p*:3.*", name: pause, pinned: true },
  { pattern: "registry.k8s.io/p*:4.*", name: pause, pinned: false },
  { pattern: "*pause*", name: pause, pinned: true },
  { pattern: "*:3.10", name: pause, pinned: true },
  { pattern: "*:3", name: pause, pinned: false },
  { pattern: "registry.k8s.io/pause", name: "evil.example/registry.k8s.io/pause:latest", pinned: false },
  { pattern: "registry-k8s.io/*", name: pause, pinned: false },
  { pattern: "registry.k8sXio/*", name: pause, pinned: false },
  { pattern: `ghcr.io/a/b@${digest}`, name: `ghcr.io/a/b@${digest}`, pinned: true },
  { pattern: "ghcr.io/a/b@*", name: `ghcr.io/a/b@${digest}`, pinned: true },
  { pattern: "localhost/*", name: "localhost/a:1", pinned: true },
  { pattern: id, name: "docker.io/library/whatever:1", pinned: true },
])("$pattern pins $name: $pinned", ({ pattern, name, pinned }) => {
  expect(new Pins([pattern]).has(imageOf([name]))).toBe(pinned);
});

test("a glob pins what the same regular expression would match", () => {
  const few = (...letters: string[]) => string({ unit: constantFrom(...letters), maxLength: 6 });
  const some = few("a", "b", ".", "*");
  assert(
    property(some, some, few("a", "b", "."), (start, end, rest) => {
      const glob = `localhost/${start}*${end}`;
      const parts = glob.split("*").map((part) => RegExp.escape(part));
      const name = `localhost/${rest}`;
      expect(new Pins([glob]).has(imageOf([name]))).toBe(new RegExp(`^${parts.join(".*")}$`).test(name));
    }),
    { numRuns: 1000 },
  );
});

// Names come from those who make pods.
test("a glob of many stars holds nothing up", () => {
  const manyStars = new Pins([`${"*a".repeat(40)}!`]);
  expect(manyStars.has(imageOf([`docker.io/${"a".repeat(10_000)}:1`]))).toBe(false);
});

test("one name of several is enough, and no pattern pins nothing", () => {
  const image = imageOf([alpine, pause]);
  expect(new Pins(["unheard-of", "*pause*"]).has(image)).toBe(true);
  expect(new Pins([]).has(image)).toBe(false);
});

test("refuses what is no name", () => {
  expect(() => new Pins(["UPPER"])).toThrow(expect.objectContaining({ code: "invalid-argument" }));
});
