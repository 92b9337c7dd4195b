import { decodeJson } from "./decode-json.ts";
import { visibleLines } from "./visible-text.ts";

/** A value as JSON; the same value reads back, and printing it does nothing to a terminal. */
export function jsonOf(value: unknown, indent?: number): string {
  return visibleLines(JSON.stringify(value, undefined, indent) ?? "null");
}

/** A document from outside in lines for people: JSON with an indent, and what is none as the text that it is. */
export function documentLines(bytes: Uint8Array): readonly string[] {
  const value = decodeJson(bytes);
  return (value === undefined ? Buffer.from(bytes).toString("utf8") : jsonOf(value, 2)).split("\n");
}
