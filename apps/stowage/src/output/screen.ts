import { styleText } from "node:util";
import type { Output } from "../terminal.ts";
import { displayWidth, padTo } from "./display-width.ts";
import { visibleText } from "./visible-text.ts";

/** What people see of an answer: lines and tables, from the top. */
export type Screen = readonly (Cell | Table)[];

/** A text in one line, from wherever it comes. */
export type Cell = string | { readonly text: string; readonly style?: Style; readonly align?: "right" };

export type Style = "bold" | "dim" | "red" | "yellow" | "green" | "cyan";

export interface Table {
  readonly head?: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/**
 * The screen as text, for `stream`: columns are as wide as their widest cell and two spaces apart. It is coloured where the stream
 * is a terminal and neither NO_COLOR nor its like asks for none. Nothing in a cell can make a terminal do anything.
 */
export function formatScreen(screen: Screen, stream: Output): string {
  return screen
    .flatMap((part) => (isTable(part) ? tableLines(part, stream) : [cellText(part, stream)]))
    .map((line) => `${line}\n`)
    .join("");
}

function isTable(part: Cell | Table): part is Table {
  return typeof part === "object" && "rows" in part;
}

function tableLines({ head, rows }: Table, stream: Output): readonly string[] {
  const headings = head?.map((text): Cell => ({ text, style: "bold" }));
  const all = headings === undefined ? rows : [headings, ...rows];
  const texts = all.map((row) => row.map((cell) => cellText(cell, stream)));
  const widths = texts.reduce<readonly number[]>((widest, row) => widen(widest, row.map(displayWidth)), []);
  const sides = (rows[0] ?? []).map(alignOf);
  return texts.map((row) =>
    row
      .map((text, at) => padTo(text, widths[at] ?? 0, sides[at]))
      .join("  ")
      .trimEnd(),
  );
}

function widen(widest: readonly number[], widths: readonly number[]): readonly number[] {
  return Array.from({ length: Math.max(widest.length, widths.length) }, (_, at) =>
    Math.max(widest[at] ?? 0, widths[at] ?? 0),
  );
}

function alignOf(cell: Cell): "left" | "right" {
  return typeof cell === "object" && cell.align === "right" ? "right" : "left";
}

function cellText(cell: Cell, stream: Output): string {
  if (typeof cell === "string") return visibleText(cell);
  const text = visibleText(cell.text);
  return cell.style === undefined || text === "" ? text : styleText(cell.style, text, { stream, validateStream: true });
}
