import { expect, test } from "vitest";
import { displayWidth } from "../output/display-width.ts";
import { progressLines, statusLine, summaryLine } from "./progress-lines.ts";
import { Work } from "./work.ts";
import type { WorkItem } from "./work-item.ts";

const mib = 1024 * 1024;
const words = { doing: "Pulling", did: "Pulled", what: "docker.io/library/app:1", item: "layer" };

function item(id: string, changes: Partial<WorkItem> = {}): WorkItem {
  return { id, label: `${id}23456789ab`, phase: "waiting", kind: "waiting", bytes: 0, size: 40 * mib, ...changes };
}

const fetching = (mebibytes: number) => ({ phase: "fetching", kind: "moving" as const, bytes: mebibytes * mib });

/** Four layers, after two seconds in which one of them came at 10 MiB/s. */
function halfway(): Work {
  const work = new Work(words, 0);
  for (const id of ["a1", "b1", "c1", "d1"]) work.report(item(id), 0);
  work.report(item("a1", { phase: "present", kind: "done", bytes: 40 * mib }), 0);
  work.report(item("b1", fetching(0)), 0);
  work.report(item("b1", fetching(10)), 1000);
  work.report(item("b1", fetching(20)), 2000);
  work.report(item("c1", { phase: "unpacking", kind: "working", bytes: 30 * mib }), 2000);
  return work;
}

test("a line for each layer, with its phase, a bar, bytes, rate and remaining time", () => {
  expect(progressLines([halfway().view(2000)], { columns: 80, rows: 24 })).toEqual([
    "Pulling docker.io/library/app:1",
    "  a123456789ab  present   ███████████████          40.0 MiB",
    "  b123456789ab  fetching  ███████░░░░░░░░     20.0/40.0 MiB   10.0 MiB/s   2.0s",
    "  c123456789ab  unpacking ███████████░░░░     30.0/40.0 MiB",
    "  d123456789ab  waiting   ░░░░░░░░░░░░░░░          40.0 MiB",
  ]);
});

test.for([200, 80, 60, 40, 20])("no line is wider than a terminal of %i columns", (columns) => {
  const lines = progressLines([halfway().view(2000)], { columns, rows: 24 });
  expect(Math.max(...lines.map(displayWidth))).toBeLessThan(columns);
});

test("where there are more layers than rows, those that are done become one line", () => {
  const work = halfway();
  for (const id of ["e1", "f1", "g1"]) work.report(item(id, { phase: "done", kind: "done" }), 2000);
  const shown = progressLines([work.view(2000)], { columns: 60, rows: 6 });
  expect(shown).toHaveLength(5);
  expect(shown.at(-1)).toBe("  4 layers done");
  expect(shown.join("\n")).toMatch(/b1.*\n.*c1.*\n.*d1/);
});

test("where even that is too much, those that wait are counted, and no row is left over", () => {
  const work = halfway();
  for (let at = 0; at < 40; at += 1) work.report(item(`w${at}`), 2000);
  const shown = progressLines([work.view(2000), halfway().view(2000)], { columns: 60, rows: 12 });
  expect(shown.length).toBeLessThanOrEqual(11);
  expect(shown.join("\n")).toMatch(/fetching[^]* more/);
});

test("where nothing can be drawn anew, one line says how far it is", () => {
  expect(statusLine(halfway().view(2000))).toBe(
    "Pulling docker.io/library/app:1: 1/4 layers done, 20.0/120.0 MiB, 10.0 MiB/s, 10s left",
  );
});

test("at the end, one line says what it came to; what was here has cost nothing", () => {
  const work = halfway();
  work.report(item("b1", { phase: "unpacking", kind: "working", bytes: 0 }), 4000);
  expect(summaryLine(work.view(4000))).toBe("Pulled docker.io/library/app:1: 40.0 MiB in 4.0s, 10.0 MiB/s");
  expect(summaryLine(new Work(words, 0).view(100))).toBe("Pulled docker.io/library/app:1: everything was there, 0.1s");
});

test("the rate is that of the last seconds", () => {
  const work = new Work(words, 0);
  for (let second = 0; second <= 10; second += 1) work.report(item("a1", fetching(second * 3)), second * 1000);
  for (let second = 11; second <= 20; second += 1) work.report(item("a1", fetching(30 + second - 10)), second * 1000);
  expect(work.view(20_000).rate).toBe(mib);
  expect(work.view(30_000).rate).toBeUndefined();
});
