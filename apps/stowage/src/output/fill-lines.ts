export interface FillOptions {
  readonly width: number;
  /** Before each line. */
  readonly indent?: string;
  /** Between two words. */
  readonly gap?: string;
}

/** Words in lines of at most `width` characters; a word that is longer stays whole. */
export function fillLines(words: readonly string[], { width, indent = "", gap = " " }: FillOptions): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const longer = `${last}${gap}${word}`;
    if (last === undefined || longer.length > width) lines.push(indent + word);
    else lines[lines.length - 1] = longer;
  }
  return lines.join("\n");
}

/** Terms and what they mean, in two columns of 80 characters together. A term that is too long has a line of its own. */
export function listTerms(terms: readonly (readonly string[])[]): string {
  const lengths = terms.map(([term = ""]) => term.length).filter((length) => length <= longestTerm);
  const width = Math.max(shortestTerm, ...lengths);
  const indent = " ".repeat(width + 4);
  return terms
    .map(([term = "", means = ""]) => {
      const text = fillLines(means.split(" "), { width: 80, indent });
      return term.length > width ? `  ${term}\n${text}` : `  ${term.padEnd(width)}${text.slice(width + 2)}`;
    })
    .join("\n");
}

const shortestTerm = 8;
const longestTerm = 47;
