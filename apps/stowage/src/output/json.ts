import { visibleLines } from "./visible-text.ts";

/** A value as JSON; the same value reads back, and printing it does nothing to a terminal. */
export function jsonOf(value: unknown, indent?: number): string {
  return visibleLines(JSON.stringify(value, undefined, indent) ?? "null");
}
