import { maxQuoted } from "./limits.ts";

/**
 * A text from outside as a message may repeat it: in quotes as JSON writes it, in one line, with nothing in it that a
 * terminal obeys, and cut at 160 characters, which an ellipsis after it tells.
 */
export function quoteText(text: string): string {
  return text.length > maxQuoted ? `"${escapeText(text)}"…` : `"${escapeText(text)}"`;
}

/** The same without the quotes and the ellipsis. */
export function escapeText(text: string): string {
  const json = JSON.stringify(text.slice(0, maxQuoted)).slice(1, -1);
  return json.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (odd) =>
    odd.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}
