import { array, assert, constantFrom, dictionary, oneof, property, record, string, stringMatching } from "fast-check";
import { expect, test } from "vitest";
import { type Challenge, parseChallenges } from "./challenge.ts";

test.for<{ values: readonly string[]; means: readonly unknown[] }>([
  { values: [], means: [] },
  { values: ["Basic"], means: [["basic", {}]] },
  { values: ['Basic realm="a"'], means: [["basic", { realm: "a" }]] },
  {
    values: ['bEaReR REALM="https://a/t",Service=b , scope="repository:x:pull,push"'],
    means: [["bearer", { realm: "https://a/t", service: "b", scope: "repository:x:pull,push" }]],
  },
  {
    values: ['Basic realm="a", Bearer realm="b",service="c"'],
    means: [
      ["basic", { realm: "a" }],
      ["bearer", { realm: "b", service: "c" }],
    ],
  },
  {
    values: ['Digest realm="a", nonce="x=="', 'Basic realm="b"'],
    means: [
      ["digest", { realm: "a", nonce: "x==" }],
      ["basic", { realm: "b" }],
    ],
  },
  {
    values: ["Negotiate YWJj==, Basic realm=b"],
    means: [
      ["negotiate", {}],
      ["basic", { realm: "b" }],
    ],
  },
  {
    values: ["Negotiate, Basic"],
    means: [
      ["negotiate", {}],
      ["basic", {}],
    ],
  },
  { values: [',, Basic realm = "a" ,,'], means: [["basic", { realm: "a" }]] },
  {
    values: ['Basic realm="a \\"quoted\\" \\\\ one, two=3"'],
    means: [["basic", { realm: 'a "quoted" \\ one, two=3' }]],
  },
  { values: ['Bearer realm="one",realm="two"'], means: [["bearer", { realm: "one" }]] },
  {
    values: ["Bearer realm=https://a.io/token?x=y,service=b"],
    means: [["bearer", { realm: "https://a.io/token?x=y", service: "b" }]],
  },
  { values: ['Bearer realm="https://a/t,service=b'], means: [["bearer", { realm: "https://a/t,service=b" }]] },
  { values: ['realm="lost"', 'Basic realm="b"'], means: [["basic", { realm: "b" }]] },
  { values: ['Bearer "" = realm="a"'], means: [["bearer", { realm: "a" }]] },
  { values: ['Bearer __proto__="a",realm="b"'], means: [["bearer", { realm: "b", ["__proto__"]: "a" }]] },
])("reads $values", ({ values, means }) => {
  expect(parseChallenges(values).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])).toEqual(
    means,
  );
});

test("reads back every list of challenges", () => {
  assert(
    property(array(challenges, { maxLength: 4 }), (list) => {
      expect(parseChallenges([list.map(format).join(", ")])).toEqual(list);
    }),
  );
});

test("reads any text, in time that a long one does not blow up", () => {
  assert(property(array(oneof(string({ unit: "binary" }), near)), (values) => void parseChallenges(values)));
  for (const piece of ['"', "a ", "a=", "\\", 'a="', "a  ,", " =", 'a="\\']) parseChallenges([piece.repeat(100_000)]);
});

const token = stringMatching(/^[a-z][a-z0-9-]{0,7}$/);

const challenges = record({
  scheme: token,
  parameters: dictionary(token, string({ unit: "grapheme" })).map(
    (found): ReadonlyMap<string, string> => new Map(Object.entries(found)),
  ),
});

const near = array(constantFrom("Bearer", "Basic", " ", ",", "=", '"', "\\", "realm", "a")).map((parts) =>
  parts.join(""),
);

function format({ scheme, parameters }: Challenge): string {
  const list = [...parameters].map(([name, value]) => `${name}="${value.replace(/["\\]/g, "\\$&")}"`);
  return [scheme, list.join(",")].join(" ");
}
