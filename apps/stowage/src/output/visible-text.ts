/**
 * A text from outside with everything that a terminal obeys, or that turns the order of what is read, written as `\uXXXX`. It is
 * one line. What JSON has in quotes means the same afterwards.
 */
export function visibleText(text: string): string {
  return text.replaceAll(obeyed, escapeUnits);
}

/** The same for text that has lines of its own, like JSON with an indent. */
export function visibleLines(text: string): string {
  return text.replaceAll(obeyed, (odd) => (odd === "\n" ? odd : escapeUnits(odd)));
}

/** Controls, formats, surrogates, private and unassigned characters; line and paragraph separators. */
const obeyed = /[\p{C}\p{Zl}\p{Zp}]/gu;

function escapeUnits(odd: string): string {
  return odd.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
