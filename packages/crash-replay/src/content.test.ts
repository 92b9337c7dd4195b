import { expect, test } from "vitest";
import { contentAfter, type DataFate } from "./content.ts";
import type { DataCall } from "./file-call.ts";

const named = { inode: 1, path: "f" } as const;
const write = (text: string, offset: number): DataCall => ({
  kind: "write",
  ...named,
  offset,
  bytes: Buffer.from(text),
});
const truncate = (size: number): DataCall => ({ kind: "truncate", ...named, size });
const allocate = (size: number): DataCall => ({ kind: "allocate", ...named, size });

test.for<{ what: string; calls: readonly DataCall[]; fates?: readonly DataFate[]; content: string }>([
  { what: "what it started with", calls: [], content: "start" },
  { what: "writes over one another", calls: [write("abcdefg", 1), write("XY", 2)], content: "saXYdefg" },
  { what: "zeros before a write beyond the end", calls: [write("end", 7)], content: "start\0\0end" },
  { what: "zeros where it was cut and grew again", calls: [truncate(2), truncate(4)], content: "st\0\0" },
  { what: "an allocation that grows it", calls: [allocate(6), allocate(3)], content: "start\0" },
  {
    what: "nothing of what was lost",
    calls: [write("abc", 5), truncate(1)],
    fates: ["lost", "lost"],
    content: "start",
  },
  { what: "a hole for a lost write", calls: [write("ab", 5), write("cd", 7)], fates: ["lost"], content: "start\0\0cd" },
  { what: "only the length of a write", calls: [write("abc", 4)], fates: ["zeros"], content: "start\0\0" },
  { what: "the start of a write", calls: [write("abcd", 4)], fates: [{ from: 0, to: 2 }], content: "starab" },
  { what: "the end of a write", calls: [write("abcd", 4)], fates: [{ from: 2, to: 4 }], content: "start\0cd" },
])("has $what", ({ calls, fates = [], content }) => {
  const after = contentAfter(Buffer.from("start"), calls, (index) => fates[index] ?? "kept");
  expect(Buffer.from(after).toString()).toBe(content);
});
