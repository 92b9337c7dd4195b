import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createProgram } from "../program.ts";
import { Terminal } from "../terminal.ts";
import { completeWords } from "./complete-words.ts";

const [stdout, stderr, { signal }] = [new PassThrough(), new PassThrough(), new AbortController()];
const program = createProgram(new Terminal({ stdout, stderr, signal }));

test.for([
  { words: [""], has: "pull" },
  { words: ["--json", ""], has: "images" },
  { words: ["--root", "/x", "im"], has: "images" },
  { words: ["help", ""], has: "unmount" },
  { words: ["pull", "--"], has: "--platform" },
  { words: ["pull", "-"], has: "--root" },
  { words: ["images", "--sort", ""], has: "created" },
  { words: ["images", "--sort=n"], has: "name" },
  { words: ["--root=/x", "im"], has: "images" },
  { words: ["completion", ""], has: "fish" },
])("after $words comes, among others, $has", ({ words, has }) => {
  const { completed } = completeWords(program, words);
  expect(completed.kind === "words" && completed.words.map(({ text }) => text)).toContain(has);
});

test.for([
  { words: ["rm", ""], kind: "names" },
  { words: ["rm", "a", "b", ""], kind: "names" },
  { words: ["mount", "a", ""], kind: "directories" },
  { words: ["mount", "a", "/b", ""], kind: "nothing" },
  { words: ["pull", "--authfile", ""], kind: "files" },
  { words: ["pull", "--creds", ""], kind: "nothing" },
  { words: ["images", "--root", ""], kind: "directories" },
  { words: ["rm", "--", "-"], kind: "names" },
  { words: ["cat", ""], kind: "names" },
  { words: ["diff", "a", ""], kind: "names" },
  { words: ["images", "--root=/"], kind: "directories" },
  { words: ["rm", "--", "--root=/"], kind: "names" },
  { words: ["nonsense", ""], kind: "nothing" },
])("what comes after $words is $kind", ({ words, kind }) => {
  expect(completeWords(program, words).completed.kind).toBe(kind);
});

test("the store that was named is the one whose images are offered", () => {
  const { given } = completeWords(program, ["--root", "/x", "rm", "--config", "/y", "--address=/z=", ""]);
  expect(Object.fromEntries(given)).toEqual({ root: "/x", config: "/y", address: "/z=" });
});
