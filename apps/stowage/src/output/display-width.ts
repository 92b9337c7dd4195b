import { stripVTControlCharacters } from "node:util";
import { eastAsianWidth } from "get-east-asian-width";

/** The columns that a text takes on a terminal: wide characters two, combining marks and colours none. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length;
  return graphemes(stripVTControlCharacters(text)).reduce((width, grapheme) => width + graphemeWidth(grapheme), 0);
}

/** The text with spaces behind it, or before it, up to `width` columns. */
export function padTo(text: string, width: number, side: "left" | "right" = "left"): string {
  const spaces = " ".repeat(Math.max(0, width - displayWidth(text)));
  return side === "left" ? text + spaces : spaces + text;
}

/** As much of the beginning of a text without colours as fits `width` columns. */
export function cutTo(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let left = width;
  return graphemes(text)
    .filter((grapheme) => (left -= graphemeWidth(grapheme)) >= 0)
    .join("");
}

const plain = /^[ -~]*$/;

/** What a reader takes for one character. */
function graphemes(text: string): readonly string[] {
  return [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
}

function graphemeWidth(grapheme: string): number {
  const first = grapheme.codePointAt(0) ?? 0;
  if (/^[\p{M}\p{C}]/u.test(grapheme)) return 0;
  return grapheme.includes(emojiStyle) ? 2 : eastAsianWidth(first);
}

/** VARIATION SELECTOR-16, which asks for the wide picture of a character that has a narrow form, too. */
const emojiStyle = "\uFE0F";
