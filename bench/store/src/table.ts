import type { Figures } from "./figures.ts";

/** How a figure is told, and what it may be at most, or has to be at least. */
interface Row {
  readonly figure: keyof Figures;
  readonly name: string;
  readonly unit: string;
  readonly budget: { readonly kind: "at least" | "at most"; readonly value: number } | undefined;
}

/** The budgets are for a thousand images. */
const rows: readonly Row[] = [
  { figure: "pullsPerSecond", name: "pulls, four at once", unit: "/s", budget: { kind: "at least", value: 100 } },
  { figure: "listMilliseconds", name: "list, median", unit: "ms", budget: { kind: "at most", value: 6 } },
  { figure: "slowListMilliseconds", name: "list, 95th of 100", unit: "ms", budget: undefined },
  { figure: "startMilliseconds", name: "start to first answer", unit: "ms", budget: { kind: "at most", value: 250 } },
  { figure: "memoryMebibytes", name: "memory of the images", unit: "MiB", budget: { kind: "at most", value: 20 } },
  { figure: "removalSeconds", name: "all removed, four at once", unit: "s", budget: { kind: "at most", value: 3 } },
];

export interface Peer {
  readonly name: string;
  readonly figures: Figures;
}

/** A line for each figure: what it is, the budget, and how many times better than that of the peer. */
export function formatTable(figures: Figures, peer?: Peer): string {
  return rows.map((row) => formatRow(row, figures, peer)).join("");
}

function formatRow({ figure, name, unit, budget }: Row, figures: Figures, peer: Peer | undefined): string {
  const value = figures[figure];
  const columns = [name.padEnd(26), formatFigure(value, unit), formatBudget(value, budget).padEnd(20)];
  if (peer !== undefined) {
    const theirs = peer.figures[figure];
    const ratio = figure === "pullsPerSecond" ? value / theirs : theirs / value;
    columns.push(`${peer.name} ${formatFigure(theirs, unit)}`, `ratio ${ratio.toFixed(2)}`);
  }
  return `${columns.join("  ").trimEnd()}\n`;
}

function formatFigure(value: number, unit: string): string {
  return `${value.toFixed(value < 100 ? 2 : 0).padStart(8)} ${unit.padEnd(3)}`;
}

function formatBudget(value: number, budget: Row["budget"]): string {
  if (budget === undefined) return "";
  const kept = budget.kind === "at least" ? value >= budget.value : value <= budget.value;
  return `${budget.kind} ${budget.value}${kept ? "" : ", missed"}`;
}
