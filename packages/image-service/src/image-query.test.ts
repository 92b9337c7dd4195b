import { expect, test } from "vitest";
import { parseImageQuery } from "./index.ts";

const hex = "ab".repeat(32);

test.for([
  { text: hex, is: { kind: "id", id: `sha256:${hex}` } },
  { text: `sha256:${hex}`, is: { kind: "id", id: `sha256:${hex}` } },
  { text: `sha512:${hex}${hex}`, is: { kind: "id", id: `sha512:${hex}${hex}` } },
  { text: "abc", is: { kind: "name", name: "abc", prefix: "abc" } },
  { text: "sha256:abc", is: { kind: "name", name: "sha256:abc", prefix: "abc" } },
  { text: hex.slice(1), is: { kind: "name", name: hex.slice(1), prefix: hex.slice(1) } },
  { text: "ab", is: { kind: "name", name: "ab", prefix: undefined } },
  { text: "beefy", is: { kind: "name", name: "beefy", prefix: undefined } },
  { text: "ABC", is: { kind: "name", name: "ABC", prefix: undefined } },
  { text: "a.example/app:1", is: { kind: "name", name: "a.example/app:1", prefix: undefined } },
])("$text asks for $is", ({ text, is }) => {
  expect(parseImageQuery(text)).toEqual(is);
});

test("the empty text asks for nothing", () => {
  expect(() => parseImageQuery("")).toThrow("no image specified");
});
