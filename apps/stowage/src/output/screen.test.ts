import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { formatBar } from "./bar.ts";
import { formatBytes, formatBytesOf } from "./format-size.ts";
import { formatAge, formatDuration } from "./format-time.ts";
import { jsonOf } from "./json.ts";
import { formatScreen } from "./screen.ts";
import { treeLines } from "./tree.ts";

const pipe = new PassThrough();

test("columns are as wide as what is seen of them, whatever it is made of", () => {
  const rows = [
    ["漢字", { text: "1", align: "right" as const }, "end"],
    ["e\u0301", { text: "1000", align: "right" as const }, "end"],
    ["☺️", { text: "10", align: "right" as const }, "end"],
  ];
  expect(formatScreen([{ head: ["NAME", "SIZE", "X"], rows }], pipe).split("\n")).toEqual([
    "NAME  SIZE  X",
    "漢字     1  end",
    "e\u0301     1000  end",
    "☺\uFE0F      10  end",
    "",
  ]);
});

test("what comes from an image stays in its cell and in its line", () => {
  const evil = "a\u001B[2J\nroot\u009B1A\r\u202Eb";
  const shown = formatScreen([evil, { rows: [[evil, "next"]] }], pipe);
  expect(shown).toBe(
    String.raw`a\u001b[2J\u000aroot\u009b1A\u000d\u202eb` +
      "\n" +
      String.raw`a\u001b[2J\u000aroot\u009b1A\u000d\u202eb  next` +
      "\n",
  );
  const json = jsonOf({ evil }, 2);
  expect(json).toMatch(/^[ -~\n]*$/);
  expect(JSON.parse(json)).toEqual({ evil });
});

test("colours are for terminals, and take no room", () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, getColorDepth: () => 8, hasColors: () => true });
  const screen = [{ head: ["A", "B"], rows: [[{ text: "x", style: "dim" as const }, "y"]] }];
  expect(formatScreen(screen, pipe)).toBe("A  B\nx  y\n");
  expect(formatScreen(screen, terminal)).toBe("\u001B[1mA\u001B[22m  \u001B[1mB\u001B[22m\n\u001B[2mx\u001B[22m  y\n");
});

test.for([
  { bytes: 0, is: "0 B" },
  { bytes: 1023, is: "1023 B" },
  { bytes: 1024, is: "1.0 KiB" },
  { bytes: 1024 ** 2 - 60_000, is: "965.4 KiB" },
  { bytes: 1024 ** 2 - 1, is: "1.0 MiB" },
  { bytes: 4.2 * 1024 ** 2, is: "4.2 MiB" },
  { bytes: 5000 * 1024 ** 4, is: "5000.0 TiB" },
])("$bytes bytes are $is", ({ bytes, is }) => {
  expect(formatBytes(bytes)).toBe(is);
});

test("a part is told in the unit of the whole", () => {
  expect(formatBytesOf(1024 ** 2, 4.2 * 1024 ** 2)).toBe("1.0/4.2 MiB");
});

test.for([
  { seconds: 0, ago: "0 seconds ago", takes: "0.0s" },
  { seconds: 61, ago: "1 minute ago", takes: "1m01s" },
  { seconds: 7300, ago: "2 hours ago", takes: "2h01m" },
  { seconds: 86_400 * 15, ago: "2 weeks ago", takes: "360h00m" },
])("$seconds s are $ago, and take $takes", ({ seconds, ago, takes }) => {
  expect(formatAge(seconds * 1000)).toBe(ago);
  expect(formatDuration(seconds * 1000)).toBe(takes);
});

test.for([
  { part: 0, bar: "░░░░" },
  { part: 99, bar: "███░" },
  { part: 100, bar: "████" },
  { part: 500, bar: "████" },
])("$part of 100 is $bar", ({ part, bar }) => {
  expect(formatBar(part, { whole: 100, width: 4 })).toBe(bar);
});

test("a tree has its branches under it", () => {
  const leaf = { label: "leaf" };
  expect(treeLines({ label: "root", children: [{ label: "a", children: [leaf, leaf] }, leaf] })).toEqual([
    "root",
    "├─ a",
    "│  ├─ leaf",
    "│  └─ leaf",
    "└─ leaf",
  ]);
});
