import { formatBar } from "../output/bar.ts";
import { cutTo, displayWidth, padTo } from "../output/display-width.ts";
import { formatBytes, formatBytesOf } from "../output/format-size.ts";
import { formatDuration } from "../output/format-time.ts";
import { visibleText } from "../output/visible-text.ts";
import type { ItemView, WorkView } from "./work.ts";

/** The room there is. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** What is shown of work that goes on: a heading each, and a line for each item, as many as there is room for. */
export function progressLines(works: readonly WorkView[], { columns, rows }: Room): readonly string[] {
  const lines = fold(works, rows - 1).flatMap(({ work, items, folded }) => [
    headingOf(work),
    ...items.map((item) => itemLine(item, columns - 1)),
    ...folded.map((line) => `  ${line}`),
  ]);
  return lines.slice(0, rows - 1).map((line) => cutTo(line, columns - 1).trimEnd());
}

/** One line that says how far it is, for where nothing can be drawn anew. */
export function statusLine(work: WorkView): string {
  const done = work.items.filter(({ kind }) => kind === "done").length;
  const { rate, moved, toMove } = work;
  const said = [
    `${done}/${work.items.length} ${work.item}s done`,
    formatBytesOf(moved, toMove),
    ...(rate === undefined ? [] : [`${formatBytes(Math.round(rate))}/s`]),
    ...remaining(toMove - moved, rate).map((time) => `${time} left`),
    ...(work.note === undefined ? [] : [work.note]),
  ];
  return `${headingOf({ ...work, note: undefined })}: ${said.join(", ")}`;
}

/** The line that stays once it is done. */
export function summaryLine({ did, what, moved, milliseconds }: WorkView): string {
  const took = formatDuration(milliseconds);
  if (moved === 0) return `${did} ${what}: everything was there, ${took}`;
  const rate = formatBytes(Math.round((moved * 1000) / Math.max(1, milliseconds)));
  return `${did} ${what}: ${formatBytes(moved)} in ${took}, ${rate}/s`;
}

interface Folded {
  readonly work: WorkView;
  readonly items: readonly ItemView[];
  /** What stands for the items that are not shown. */
  readonly folded: readonly string[];
}

/** Where there are more items than rows, those that are done become one line; then each has its share, and waiting ones are counted. */
function fold(works: readonly WorkView[], rows: number): readonly Folded[] {
  const all = works.map((work) => ({ work, items: work.items, folded: [] }));
  if (sum(all.map(rowsOf)) <= rows) return all;
  const open = works.map(foldDone);
  if (sum(open.map(rowsOf)) <= rows) return open;
  return open.map((each) => foldWaiting(each, Math.floor(rows / open.length)));
}

function rowsOf({ items, folded }: Folded): number {
  return 1 + items.length + folded.length;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function foldDone(work: WorkView): Folded {
  const items = work.items.filter(({ kind }) => kind !== "done");
  const done = work.items.length - items.length;
  return { work, items, folded: done === 0 ? [] : [`${done} ${work.item}${done === 1 ? "" : "s"} done`] };
}

function foldWaiting(each: Folded, rows: number): Folded {
  const { work, items, folded } = each;
  if (rowsOf(each) <= rows) return each;
  const first = items.toSorted((one, other) => Number(one.kind === "waiting") - Number(other.kind === "waiting"));
  const shown = first.slice(0, Math.max(0, rows - folded.length - 2));
  return { work, items: shown, folded: [...folded, `${items.length - shown.length} more`] };
}

function headingOf({ doing, what, note }: Pick<WorkView, "doing" | "what" | "note">): string {
  return `${doing} ${visibleText(what)}${note === undefined ? "" : `, ${note}`}`;
}

/** `  0123456789ab  fetching   ████░░░░  1.2/4.2 MiB   3.1 MiB/s      1s`, without the bar where there is no room for it. */
function itemLine(item: ItemView, columns: number): string {
  const { bytes, size, rate, kind } = item;
  const isUnderWay = kind === "moving" || kind === "working";
  const end = [
    padTo(isUnderWay ? formatBytesOf(bytes, size) : formatBytes(size), 17, "right"),
    padTo(rate === undefined ? "" : `${formatBytes(Math.round(rate))}/s`, 12, "right"),
    padTo(remaining(size - bytes, rate).join(""), 6, "right"),
  ].join(" ");
  const start = `  ${visibleText(item.label)}  ${item.phase.padEnd(9)}`;
  const width = Math.min(longestBar, columns - displayWidth(start) - displayWidth(end) - 2);
  const share = kind === "done" ? size : bytes;
  const bar = width < shortestBar ? "" : ` ${formatBar(share, { whole: size, width })}`;
  return `${start}${bar} ${end}`.trimEnd();
}

const longestBar = 30;
const shortestBar = 4;

function remaining(bytes: number, rate: number | undefined): readonly string[] {
  return rate === undefined || rate <= 0 ? [] : [formatDuration((bytes * 1000) / rate)];
}
